"""The base class of attribution methods for pictures: validation, isolation, shared passes.

A method adds `attribute`, which turns `Passes` into maps, and a description of itself; see
`trustai.explain.image.methods.gradient` for the smallest.
"""

from __future__ import annotations

import dataclasses
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar

import torch
from torch import Tensor

from trustai import seeds
from trustai.explain.base import part_of
from trustai.explain.image.diagnosis import diagnosis
from trustai.explain.image.layers import chosen_layer
from trustai.explain.image.passes import Passes, at_once, targets
from trustai.registry import Registry
from trustai.types import Attribution, OnProgress
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier
from trustai.zoo.described import Described

P = TypeVar("P")


@dataclass(frozen=True, eq=False)
class Maps:
    """What a method hands back for some pictures; `Attribution` explains the names."""

    map: Tensor
    pixels: Tensor | None = None
    facts: Mapping[str, Tensor] = field(default_factory=dict)
    grid: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Task(Generic[P]):
    """Some pictures for one method, already validated.

    Attributes:
        passes: The network and the pictures, with everything computed so far.
        layer: Name of the stage to look at; empty for methods that look at none.
        seed: For everything that is drawn.
        on_progress: Called with the share done in ``[0, 1]``; may raise to stop.
    """

    passes: Passes
    layer: str
    params: P
    seed: int
    on_progress: OnProgress | None

    @property
    def x(self) -> Tensor:
        return self.passes.x


class Method(Described[P]):
    """Base class: a sub-class writes `attribute` and describes itself; everything else is here.

    Attributes:
        signed: Whether its map is signed.
        layered: Whether it looks at a layer that can be chosen.
        class_specific: Whether another target gives another map.
        alone: Whether the pictures of a batch are explained one at a time.
        for_transformers: Whether it applies to networks with attention only.
        suits_large_pictures: Whether its defaults take seconds on a photograph too; where not,
            `quick` does.
        leaderboard_params: Parameters with which a leaderboard measures it; None: its defaults.
        shown_at_first: Its place, from 1, among those that are shown at first; 0: it is chosen
            under "More methods".
        fact_texts: By name of a fact, see `Attribution.facts`, how it reads: a format string with
            its unit, as ``"{:,.0f} segments"``; empty for one that people are not told.
    """

    signed: ClassVar[bool] = False
    layered: ClassVar[bool] = False
    class_specific: ClassVar[bool] = True
    alone: ClassVar[bool] = False
    for_transformers: ClassVar[bool] = False
    suits_large_pictures: ClassVar[bool] = True
    leaderboard_params: ClassVar[Any] = None
    shown_at_first: ClassVar[int] = 0
    fact_texts: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @abstractmethod
    def attribute(self, task: Task[P]) -> Maps:
        """Maps for all pictures of the task.

        Args:
            task: Validated pictures, with what is known of them already.

        Returns:
            Maps ``(N, H, W)``, and what else the method has to say.

        Raises:
            ValueError: the method cannot apply to this network; one sentence says why.
        """

    def told(self, result: Attribution, i: int = 0) -> list[str]:
        """The facts about the map of the `i`-th picture, for people.

        Args:
            result: Of this method.
            i: Number of the picture.
        """
        facts = ((self.fact_texts[name], value) for name, value in result.facts.items())
        return [text.format(value[i].item()) for text, value in facts if text]


METHODS: Registry[Method[Any]] = Registry("explanation method")


def explain_one(
    method: Method[P],
    passes: Passes,
    *,
    layer: str | None,
    seed: int,
    params: P | None,
    on_progress: OnProgress | None,
) -> Attribution:
    """One method on the pictures of `passes`, all at once."""
    started = time.perf_counter()
    params = method.checked(params)
    classifier = passes.classifier
    where = chosen_layer(classifier, layer) if method.layered else ""
    maps = method.attribute(Task(passes, where, params, seed, on_progress))
    height, width = passes.x.shape[-2:]
    if maps.map.shape != (len(passes.x), height, width):
        raise RuntimeError(f"{method.name} gave maps of {tuple(maps.map.shape)}")
    if unknown := maps.facts.keys() - method.fact_texts.keys():
        raise RuntimeError(f"{method.name} does not say how these facts read: {sorted(unknown)}")
    settings = dataclasses.asdict(params)  # type: ignore[call-overload]
    return Attribution(
        map=maps.map.detach().float(),
        signed=method.signed,
        target=passes.target.clone(),
        layer=where or None,
        grid=maps.grid or (height, width),
        pixels=None if maps.pixels is None else maps.pixels.detach(),
        facts=dict(maps.facts),
        problems=tuple(diagnosis(one) for one in maps.map),
        circumstances=classifier.circumstances(
            method=method.name,
            parameters=settings | ({"layer": where} if where else {}),
            seed=seed,
            started=started,
        ),
    )


def explain(
    name: str,
    classifier: Classifier,
    x: Tensor,
    *,
    target: int | Tensor | None = None,
    layer: str | None = None,
    seed: int = 0,
    params: Any = None,
    on_progress: OnProgress | None = None,
) -> Attribution:
    """Explain a batch of pictures with one method.

    Works on replicas of `classifier`, which may be shared with other threads, and in parts of
    bounded memory.

    Args:
        name: One of `names`.
        classifier: In eval mode.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``, not normalised.
        target: The class to explain, one for all or ``int64 (N,)``; None: the predicted one.
        layer: One of `layers(classifier)` for methods that look at a layer; None: the last one.
        seed: Same inputs and seed, same bytes out.
        params: The method's own dataclass, ``get(name).params``; None for its defaults.
        on_progress: Called with the share of the work done, in ``[0, 1]``; may raise to stop.

    Returns:
        Maps ``(N, H, W)`` with their circumstances.

    Raises:
        ValueError: such an input, or the method cannot apply to this network.
    """
    seed = seeds.checked(seed)
    checks.pictures(classifier, x, gradients=True)
    wanted = None if target is None else targets(classifier, x, target)
    started = time.perf_counter()
    results = _in_parts(METHODS.get(name), classifier, x, wanted, layer, seed, params, on_progress)
    if on_progress is not None:
        on_progress(1.0)
    return joined(results, seconds=time.perf_counter() - started)


def _in_parts(
    method: Method[Any],
    classifier: Classifier,
    x: Tensor,
    wanted: Tensor | None,
    layer: str | None,
    seed: int,
    params: Any,
    on_progress: OnProgress | None,
) -> list[Attribution]:
    """The attributions of as many pictures at once as the method and the memory allow."""
    parts = x.split(1 if method.alone else at_once(x))
    goals = [None] * len(parts) if wanted is None else wanted.split([len(part) for part in parts])
    return [
        explain_one(
            method,
            Passes(classifier, part, target=goal, seed=seed),
            layer=layer,
            seed=seed,
            params=params,
            on_progress=part_of(on_progress, i, len(parts)),
        )
        for i, (part, goal) in enumerate(zip(parts, goals, strict=True))
    ]


class Panel:
    """Several methods on the same few pictures, sharing every pass that they have in common.

    The seconds of a shared pass stand in the first result that needed it. For one thread.

    The arguments are those of `explain`.

    >>> from trustai import data, zoo
    >>> panel = Panel(zoo.load("signs-resnet18"), data.load("signs", n=1).pixels)
    >>> {name: panel.explain(name).signed for name in ("gradient", "gradient_x_input")}
    {'gradient': False, 'gradient_x_input': True}
    """

    def __init__(
        self,
        classifier: Classifier,
        x: Tensor,
        *,
        target: int | Tensor | None = None,
        layer: str | None = None,
        seed: int = 0,
    ) -> None:
        checks.pictures(classifier, x, gradients=True)
        self.layer, self.seed = layer, seeds.checked(seed)
        wanted = None if target is None else targets(classifier, x, target)
        self._passes = Passes(classifier, x, target=wanted, seed=seed)

    def explain(
        self, name: str, *, params: Any = None, on_progress: OnProgress | None = None
    ) -> Attribution:
        """What `explain` gives for the same arguments, from what is known already.

        Args:
            name: One of `names`.
            params: The method's own dataclass; None for its defaults.
            on_progress: Called with the share of the work done, in ``[0, 1]``; may raise to stop.

        Returns:
            Maps ``(N, H, W)`` with their circumstances.

        Raises:
            ValueError: no such method, or it cannot apply to this network.
        """
        return explain_one(
            METHODS.get(name),
            self._passes,
            layer=self.layer,
            seed=self.seed,
            params=params,
            on_progress=on_progress,
        )


def joined(results: Sequence[Attribution], *, seconds: float) -> Attribution:
    """The attributions of the parts of one batch as one."""
    first = results[0]
    pixels = [r.pixels for r in results if r.pixels is not None]
    return dataclasses.replace(
        first,
        map=torch.cat([r.map for r in results]),
        target=torch.cat([r.target for r in results]),
        pixels=torch.cat(pixels) if pixels else None,
        facts={name: torch.cat([r.facts[name] for r in results]) for name in first.facts},
        problems=tuple(p for r in results for p in r.problems),
        circumstances=dataclasses.replace(first.circumstances, seconds=seconds),
    )
