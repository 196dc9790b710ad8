"""What we owe somebody to tell: who owes what, and the worker that sends it."""
