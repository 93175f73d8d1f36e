"""Recipes of caption decoders, one module each."""
