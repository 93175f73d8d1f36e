"""Training on tables."""
