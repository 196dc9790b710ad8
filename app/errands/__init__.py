"""After the call: calls and texts we owe a citizen, and the grades they give."""
