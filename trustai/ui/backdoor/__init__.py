"""Views of the page on backdoors."""
