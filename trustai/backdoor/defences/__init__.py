"""Defences against backdoors: by training pictures, by inputs, by the network, and repairs.

>>> from trustai import data, zoo
>>> names("training-data")
['activation-clustering', 'spectral-signatures']
>>> signs = data.load("signs", split="train", n=300)
>>> found = inspect_training_data("spectral-signatures", zoo.load("signs-resnet18"), signs)
>>> len(found.scores)
300
"""

from __future__ import annotations

from typing import Any

from trustai.backdoor.defences.base import DEFENCES, Defence, DefenceKind
from trustai.backdoor.defences.defend import (
    inspect_inputs,
    inspect_network,
    inspect_training_data,
    repair,
)
from trustai.backdoor.defences.results import (
    ClassInspection,
    InputInspection,
    NetworkInspection,
    Repaired,
    TrainingDataInspection,
)
from trustai.registry import discover

__all__ = [
    "ClassInspection",
    "Defence",
    "DefenceKind",
    "InputInspection",
    "NetworkInspection",
    "Repaired",
    "TrainingDataInspection",
    "get",
    "inspect_inputs",
    "inspect_network",
    "inspect_training_data",
    "names",
    "repair",
]

discover("trustai.backdoor.defences.methods")


def names(kind: DefenceKind | None = None) -> list[str]:
    """Every defence, or those of a kind, in the order of the menus.

    >>> names("input")
    ['strip']
    """
    return [name for name, entry in DEFENCES if kind in (None, entry.kind)]


def get(name: str) -> Defence[Any]:
    """The defence `name`: its title, paper, description and the class of its `params`.

    Raises:
        ValueError: no such defence.

    >>> get("strip").title
    'STRIP'
    """
    return DEFENCES.get(name)
