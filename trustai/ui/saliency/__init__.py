"""The views of the page of image explanations."""
