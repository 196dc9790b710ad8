"""智能质检: calls held against rules after they were transcribed, and the people who judge beside it."""
