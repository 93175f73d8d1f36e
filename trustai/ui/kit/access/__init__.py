"""Contrast, focus and names: what makes a page usable without sharp eyes or a mouse."""
