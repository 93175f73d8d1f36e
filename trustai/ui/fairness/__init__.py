"""The views of the page on group fairness."""
