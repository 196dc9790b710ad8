"""People's ways to and from a ticket: replies and their gate, repeats, supplements, urging, withdrawal, calls through us."""
