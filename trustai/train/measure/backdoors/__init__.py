"""Measurements of stickers that command a network, with and without poisoning."""
