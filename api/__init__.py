"""The HTTP edge: REST, live events, log-in, health and metrics. Reads come from `store`, deeds go to the `House`."""
