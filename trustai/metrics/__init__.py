"""Metrics, functions of numbers: ROC, precision and recall, calibration, agreement, similarity."""
