"""The views of the page of out-of-distribution detection."""
