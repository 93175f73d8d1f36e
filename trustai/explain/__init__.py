"""Explanations of models: pictures in `image`, tables in `tabular`."""
