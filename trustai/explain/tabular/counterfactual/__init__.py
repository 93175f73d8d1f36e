"""Counterfactual explanations of a row of a table (GRACE)."""
