"""The knowledge base under its owners: versions, gaps, bulletins, findings, and the watch over what falls due."""
