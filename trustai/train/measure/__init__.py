"""Measurements of trained networks that go onto their cards."""
