"""Texts as vectors: the small embedding that is installed with the product, and what it has computed so far."""
