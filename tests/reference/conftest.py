"""Shared by the tests of explanations: a tiny network with two layers, and pictures for it."""

from __future__ import annotations

import pytest
from torch import Tensor

from tests.toys.images import LayeredCNN, pictures
from trustai.zoo.classifier import Classifier


@pytest.fixture(scope="module")
def network() -> Classifier:
    return LayeredCNN().freeze()


@pytest.fixture(scope="module")
def x() -> Tensor:
    return pictures(3, side=16, seed=5)
