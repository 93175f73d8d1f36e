"""Recipes of fair networks for tables."""
