"""Repairs of unfair models by name.

>>> names()[:2]
['network', 'adversarial-debiasing']
>>> get("reweighing").needs_group
False
"""

from trustai.fairness.repairs.base import REPAIRS, Decisions, FittedRepair, People, Repair
from trustai.registry import discover

discover("trustai.fairness.repairs.methods")

names = REPAIRS.names
get = REPAIRS.get

__all__ = ["REPAIRS", "Decisions", "FittedRepair", "People", "Repair", "get", "names"]
