"""One defence in each module; each registers itself."""
