"""The views that explain one patient: attributions, counterfactuals, and their evaluation."""
