"""Metrics, functions of numbers: ROC, calibration, agreement, similarity, confidence intervals."""
