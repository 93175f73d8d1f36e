"""One module for each repair."""
