"""Figures of the page on backdoors."""
