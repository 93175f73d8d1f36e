"""Feature visualization by gradient ascent on the picture."""
