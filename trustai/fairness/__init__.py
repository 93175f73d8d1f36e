"""Fairness between groups of people: what repairs an unfair model, and what the repair costs.

Rates and criteria of groups are numbers from numbers and live in `trustai.metrics.fairness`.
"""

from trustai.fairness.groups import COMPARED, Groups, groups_of
from trustai.fairness.path import MeasuredPart, MeasuredPath, load_path

__all__ = ["COMPARED", "Groups", "MeasuredPart", "MeasuredPath", "groups_of", "load_path"]
