"""Which facts the documents name as cause to hold a unit to account; found as candidates, never judged here."""
