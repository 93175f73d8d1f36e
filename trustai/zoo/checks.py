"""Validation of inputs, with errors in one grammar."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from itertools import pairwise
from numbers import Real
from typing import TypeVar

import torch
from torch import Tensor

from trustai.zoo.classifier import Classifier

P = TypeVar("P")


def radius(eps: float, *, norm: str) -> float:
    """A valid epsilon: ``[0, 1]`` for Linf, at least 0 for L2, ``inf`` for min-norm only.

    Args:
        eps: The radius, in pixel units.
        norm: ``"linf"``, ``"l2"`` or ``"min-norm"``.

    Raises:
        ValueError: `eps` is outside what the norm allows.
    """
    if isinstance(eps, bool) or not isinstance(eps, Real):
        raise ValueError(f"expected eps to be a number, got {eps!r}")
    if norm == "linf" and not 0 <= eps <= 1:
        hint = f" (did you mean {eps:g}/255?)" if 1 < eps <= 255 else ""
        raise ValueError(f"expected eps in [0, 1], got {eps:g}{hint}")
    if not eps >= 0 or (norm == "l2" and math.isinf(eps)):
        raise ValueError(f"expected eps to be at least 0 and finite, got {eps:g}")
    return float(eps)


def radii(eps: Sequence[float] | Tensor, *, norm: str) -> list[float]:
    """A strictly ascending list of valid epsilons, at least one.

    Args:
        eps: The radii, in pixel units.
        norm: As of `radius`.

    Raises:
        ValueError: one is invalid, or they do not ascend.
    """
    given = eps.tolist() if isinstance(eps, Tensor) else eps
    values = [radius(value, norm=norm) for value in given]
    if not values:
        raise ValueError("expected at least one eps, got none")
    for smaller, larger in pairwise(values):
        if not smaller < larger:
            raise ValueError(f"expected eps to ascend, got {larger:g} after {smaller:g}")
    return values


def pictures(classifier: Classifier, x: Tensor, *, gradients: bool = False) -> None:
    """Pictures in the house's convention and a classifier in eval mode.

    Args:
        classifier: Who is to see them.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``, at least one.
        gradients: Whether gradients are to be taken, see `gradients_possible`.

    Raises:
        ValueError: anything else, or a classifier in training mode.
    """
    if classifier.training:
        raise ValueError("expected a classifier in eval mode, got one in training mode")
    if x.ndim != 4 or x.shape[1] != 3 or x.dtype != torch.float32:
        raise ValueError(f"expected x as float32 (N, 3, H, W), got {x.dtype} {tuple(x.shape)}")
    if len(x) == 0:
        raise ValueError("expected at least one picture, got none")
    if gradients:
        gradients_possible(x)
    low, high = float(x.min()), float(x.max())
    # Written so that NaN is refused too.
    if not (low >= 0 and high <= 1):
        hint = " (did you mean x / 255?)" if low >= 0 and high <= 255 else ""
        raise ValueError(
            f"expected x in [0, 1], not normalised, got values from {low:g} to {high:g}{hint}"
        )


def labels(y: Tensor, *, n: int, n_classes: int) -> None:
    """One label per picture, every one a class of the model.

    Args:
        y: ``int64 (N,)``.
        n: Number of pictures.
        n_classes: Of the model.

    Raises:
        ValueError: another shape, or a label that is no class.
    """
    if y.dtype != torch.int64 or y.shape != (n,):
        raise ValueError(f"expected y as int64 ({n},), got {y.dtype} {tuple(y.shape)}")
    if int(y.min()) < 0 or int(y.max()) >= n_classes:
        raise ValueError(
            f"expected y in 0..{n_classes - 1}, got values from {int(y.min())} to {int(y.max())}"
        )


def targets(target: int | Tensor, *, n: int, n_classes: int) -> Tensor:
    """The target of every one of `n` pictures as ``int64 (N,)``.

    Args:
        target: One class, or one per picture ``int64 (N,)``.
        n: Number of pictures.
        n_classes: Of the model.

    Raises:
        ValueError: another shape, or a target that is no class.
    """
    if isinstance(target, bool) or not isinstance(target, int | Tensor):
        raise ValueError(f"expected target to be an integer or a tensor, got {target!r}")
    if isinstance(target, int) and not 0 <= target < n_classes:  # before torch meets 2**70
        raise ValueError(f"expected target in 0..{n_classes - 1}, got {target}")
    wanted = torch.as_tensor(target)
    if wanted.dtype != torch.int64 or wanted.shape not in ((), (n,)):
        raise ValueError(
            f"expected target as int64 () or ({n},), got {wanted.dtype} {tuple(wanted.shape)}"
        )
    if int(wanted.min()) < 0 or int(wanted.max()) >= n_classes:
        raise ValueError(f"expected target in 0..{n_classes - 1}, got {wanted.tolist()}")
    return wanted.expand(n).clone()


def params(name: str, given: P | None, kind: type[P]) -> P:
    """The parameters of the method `name`: `given`, or the defaults of its dataclass `kind`.

    Args:
        name: Of the method.
        given: Its parameters, or None.
        kind: The dataclass of its parameters.

    Raises:
        ValueError: parameters of another method.
    """
    if given is None:
        return kind()
    if not isinstance(given, kind):
        raise ValueError(
            f"expected params of {name!r} to be a {kind.__name__}, got {type(given).__name__}"
        )
    typed(given)
    return given


def typed(given: object) -> None:
    """Every field of a dataclass of parameters holds a number where it is declared as one.

    Args:
        given: The parameters.

    Raises:
        ValueError: a field declared ``int`` holds 2.5, or one declared ``float`` a text.
    """
    for field in dataclasses.fields(given):  # type: ignore[arg-type]
        value, declared = getattr(given, field.name), str(field.type)
        kind = declared.removesuffix(" | None")
        if value is None and kind != declared:
            continue
        if kind == "float":
            number(field.name, value)
        if kind == "int" and (isinstance(value, bool) or not isinstance(value, int)):
            raise ValueError(f"expected {field.name} to be a whole number, got {value!r}")


def number(name: str, value: float) -> None:
    """A parameter of a method is a number.

    Args:
        name: Of the parameter.
        value: What was given.

    Raises:
        ValueError: it is text, a truth value or the like.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError(f"expected {name} to be a number, got {value!r}")


def gradients_possible(x: Tensor) -> None:
    """Gradients with respect to `x` can be taken here.

    Args:
        x: Pictures or rows.

    Raises:
        ValueError: inside ``torch.inference_mode()``, or `x` was made there.
    """
    if torch.is_inference_mode_enabled() or x.is_inference():
        raise ValueError(
            "expected a call outside torch.inference_mode(), got one inside: gradients are needed "
            "(did you mean torch.no_grad()?)"
        )


def at_least(name: str, value: float, least: float) -> None:
    """A parameter of a method is `least` or more.

    Args:
        name: Of the parameter.
        value: What was given.
        least: The smallest value allowed.

    Raises:
        ValueError: the value is smaller, or NaN.
    """
    number(name, value)
    if not value >= least:
        raise ValueError(f"expected {name} to be at least {least:g}, got {value:g}")


def positive(name: str, value: float | None) -> None:
    """A parameter of a method is greater than 0; None stands for a default.

    Args:
        name: Of the parameter.
        value: What was given; None is allowed.

    Raises:
        ValueError: the value is not greater than 0.
    """
    if value is None:
        return
    number(name, value)
    if not value > 0:
        raise ValueError(f"expected {name} to be greater than 0, got {value:g}")
