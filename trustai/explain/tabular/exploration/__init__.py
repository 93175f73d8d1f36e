"""Exploratory analysis of a table: correlations, outliers, redundancy."""
