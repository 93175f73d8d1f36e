"""A table that a person brings: how it is read, and a small network trained on it."""
