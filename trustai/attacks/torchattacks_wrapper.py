"""The base class of attacks from the library torchattacks: isolation of its side effects.

torchattacks switches the modes of the module it is given, draws from the process-wide generator
and prints when a target is set. It gets an isolated copy, a borrowed generator, and its target by
attribute. It is imported on first use: a training machine does not need it.
"""

from __future__ import annotations

import importlib
from abc import abstractmethod
from contextlib import nullcontext
from types import ModuleType
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor

from trustai.attacks.base import Attack, Task
from trustai.attacks.rng import global_rng

P = TypeVar("P")


class WrappedAttack(Attack[P]):
    """Base class: a sub-class only says how its library object is built.

    Attributes:
        draws: Whether the library draws random numbers; then one such attack runs at a time.
    """

    draws: ClassVar[bool] = False

    @abstractmethod
    def build(self, library: ModuleType, task: Task[P]) -> Any:
        """The library's attack object for `task`.

        Args:
            library: The module ``torchattacks``.
            task: Validated pictures and parameters.
        """

    def perturb(self, task: Task[P]) -> Tensor:
        attack = self.build(_torchattacks(self.name), task)
        if task.targeted:
            # What set_mode_targeted_by_function does, without its print.
            attack.targeted = True
            attack._target_map_function = _as_given
        borrowed = global_rng(task.seed, device=task.x.device) if self.draws else nullcontext()
        with borrowed, torch.enable_grad():
            adversarial: Tensor = attack(task.x, task.y)
        return adversarial.detach()


def _torchattacks(name: str) -> ModuleType:
    try:
        return importlib.import_module("torchattacks")
    except ImportError as error:
        raise ValueError(
            f"expected the package torchattacks for {name!r}, got none "
            "(pip install torchattacks==3.3.0)"
        ) from error


def _as_given(images: Tensor, labels: Tensor) -> Tensor:
    """The labels handed to a targeted attack are the targets already."""
    return labels
