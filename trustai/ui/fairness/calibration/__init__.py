"""The view of calibration by group, and of criteria that exclude each other."""
