"""Training of caption decoders."""
