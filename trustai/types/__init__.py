"""Frozen dataclasses that every topic uses: data sets and results.

>>> Circumstances("toy", "", "sum", {"eps": 0.5}, seed=0, seconds=0.1).as_dict()["parameters"]
{'eps': 0.5}
"""

from trustai.types.datasets import CaptionSet, ImageSet, SceneObject, Table
from trustai.types.results import (
    AttackResult,
    Attribution,
    Circumstances,
    NoParameters,
    OnProgress,
    RobustnessCurve,
    TabularAttribution,
)

__all__ = [
    "AttackResult",
    "Attribution",
    "CaptionSet",
    "Circumstances",
    "ImageSet",
    "NoParameters",
    "OnProgress",
    "RobustnessCurve",
    "SceneObject",
    "Table",
    "TabularAttribution",
]
