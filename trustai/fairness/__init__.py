"""Fairness between groups of people: what repairs an unfair model, and what the repair costs.

Rates and criteria of groups are numbers from numbers and live in `trustai.metrics.fairness`.
"""
