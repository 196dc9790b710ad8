"""Assessment put together: facts from the store, the rules of a city, the pure engine, and the deeds of people about it."""
