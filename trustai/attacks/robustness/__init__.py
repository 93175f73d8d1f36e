"""Accuracy against epsilon: the sweep and its strategies."""
