"""A simulated city: a year of tickets through the real house, and checks of everything it left behind. See `__main__`."""
