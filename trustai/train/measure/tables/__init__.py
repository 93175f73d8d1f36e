"""Measurements of networks for tables: explanations, and repairs of unfairness."""
