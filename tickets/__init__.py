"""The ticket's life: lifecycle table, the law's clock, cards. Pure: time, policy and calendar are arguments."""
