"""OOD scores, one per module."""
