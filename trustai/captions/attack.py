"""How little it takes to make a caption say something else, or something chosen.

The attacks climb through decoder and encoder to the pixels, as Chen et al. 2018 do ("Attacking
Visual Language Grounding with Adversarial Examples", https://arxiv.org/abs/1712.02051), but in
the Linf ball of projected gradient descent (Madry et al. 2018): the change of a pixel, `eps`, is
bounded, and what is looked for is whether a caption changes inside that bound. What decides is
always the caption that is then decoded greedily, word by word.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.attacks.base import require_inside
from trustai.attacks.steps import linf_step, random_start_linf
from trustai.captions.attention import log_probabilities
from trustai.captions.captioner import Captioner
from trustai.captions.decoding import Caption, caption, decode
from trustai.types import Circumstances, OnProgress
from trustai.zoo import checks

LADDER = tuple(e / 255 for e in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0))
"""Sizes of a change that are tried one after the other, in units of ``[0, 1]``."""


@dataclass(frozen=True)
class CaptionPGD:
    """Parameters of the search.

    Attributes:
        steps: Gradient steps at each epsilon, at least 1.
        alpha: Length of a step in the units of `eps`; None is ``2.5 * eps / steps``.
        halvings: How often the gap between the largest epsilon that left the caption as it was
            and the smallest that changed it is halved, at least 0.
    """

    steps: int = 20
    alpha: float | None = None
    halvings: int = 4

    def __post_init__(self) -> None:
        checks.at_least("steps", self.steps, 1)
        checks.at_least("halvings", self.halvings, 0)
        checks.positive("alpha", self.alpha)

    def step_length(self, eps: float) -> float:
        return 2.5 * eps / self.steps if self.alpha is None else self.alpha


@dataclass(frozen=True, eq=False)
class Tried:
    """One epsilon of a search: the picture ``(1, 3, H, W)`` and what is said of it."""

    eps: float
    adversarial: Tensor
    caption: Caption
    reached: bool


@dataclass(frozen=True, eq=False)
class CaptionAttack:
    """What an attack on a caption found.

    Attributes:
        clean: The caption before.
        tried: Every epsilon tried, ascending.
        circumstances: Model, parameters, seed and seconds.
    """

    clean: Caption
    tried: tuple[Tried, ...]
    circumstances: Circumstances

    @property
    def found(self) -> Tried | None:
        """The smallest that reached its goal, or None."""
        return next((t for t in self.tried if t.reached), None)


def smallest_epsilon(
    captioner: Captioner,
    x: Tensor,
    *,
    language: str = "en",
    eps: Sequence[float] = LADDER,
    params: CaptionPGD | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> CaptionAttack:
    """The smallest change of any pixel at which the greedy caption becomes another.

    At each epsilon projected gradient descent on the caption's own log likelihood,
    ``x' <- project(x' - alpha * sign(d/dx' sum_t log p(w_t | w_<t, x')))`` from a random start,
    stopping as soon as one of its words is no longer the likeliest; then the last gap is halved.
    One word more or less counts, synonyms too: read what it says.

    Args:
        x: ``float32 (1, 3, H, W)`` in ``[0, 1]``.
        eps: Tried one after the other until one works, ascending, in ``(0, 1]``.
        params: Defaults if None.
        seed: Of the random starts, the same direction at every epsilon.
        on_progress: Called with the share of the work done at worst; may raise to stop.

    Raises:
        ValueError: an input outside what is said above.
    """
    started = time.perf_counter()
    params = checks.params("smallest_epsilon", params, CaptionPGD)
    radii = _checked(captioner, x, eps)
    clean = caption(captioner, x, language=language)[0][0]
    ids = torch.tensor(clean.ids, device=x.device)

    def loss(grid: Tensor) -> tuple[Tensor, bool]:
        log_p = log_probabilities(captioner, grid, clean)[0]
        own = log_p.gather(1, ids[:, None])[:, 0]
        return own.sum(), bool((log_p.argmax(1) != ids).any())

    work = _Work(captioner, x, language, params, seed, on_progress, len(radii) + params.halvings)
    tried: list[Tried] = []
    for radius in radii:
        tried.append(work.descend(radius, loss, lambda now: now.words != clean.words))
        if tried[-1].reached:
            break
    if tried[-1].reached:
        low, high = (tried[-2].eps if len(tried) > 1 else 0.0), tried[-1].eps
        for _ in range(params.halvings):
            middle = (low + high) / 2
            one = work.descend(middle, loss, lambda now: now.words != clean.words)
            low, high = (low, middle) if one.reached else (middle, high)
            tried.append(one)
    return work.result("smallest epsilon of a caption", clean, tried, {"eps": radii}, started)


def say_word(
    captioner: Captioner,
    x: Tensor,
    word: str,
    *,
    eps: float,
    language: str = "en",
    params: CaptionPGD | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> CaptionAttack:
    """Makes the greedy caption contain `word`, wherever in the sentence that is easiest.

    Descends ``min_t (max_v z_t,v - z_t,word)`` over the places ``t`` of the caption that is said
    at the moment: by how much the word misses being the likeliest, at the place where it misses
    least (the keyword method of Chen et al. 2018, here in the Linf ball).

    Args:
        x: ``float32 (1, 3, H, W)`` in ``[0, 1]``.
        word: One of the vocabulary's words of `language`.
        eps: Largest change of any pixel, in ``(0, 1]``.
        params: Defaults if None; `CaptionPGD.halvings` has no part in it.
        seed: Of the random start.
        on_progress: Called with the share of the work done; may raise to stop.

    Raises:
        ValueError: an input outside what is said above.
    """
    started = time.perf_counter()
    params = checks.params("say_word", params, CaptionPGD)
    (radius,) = _checked(captioner, x, [eps])
    clean = caption(captioner, x, language=language)[0][0]
    known = captioner.vocabulary.words[language]
    if word not in known:
        raise ValueError(f"expected one of the {len(known)} words it can say, got {word!r}")
    (goal,) = captioner.vocabulary.encode(word, language=language)

    def loss(grid: Tensor) -> tuple[Tensor, bool]:
        now = decode(captioner.decoder, grid.detach(), language=language, rows=1)[0][0]
        log_p = log_probabilities(captioner, grid, now)[0]
        misses = log_p.amax(1) - log_p[:, goal]
        return misses.min(), goal in now.ids

    work = _Work(captioner, x, language, params, seed, on_progress, 1)
    one = work.descend(radius, loss, lambda now: word in now.words)
    settings = {"eps": radius, "word": word}
    return work.result("a chosen word in a caption", clean, [one], settings, started)


Loss = Callable[[Tensor], tuple[Tensor, bool]]
"""A grid ``(1, L, D)`` -> what to descend, and whether the goal is reached there."""


class _Work:
    """Descents from one picture, which report what share of them all is done."""

    def __init__(
        self,
        captioner: Captioner,
        x: Tensor,
        language: str,
        params: CaptionPGD,
        seed: int,
        on_progress: OnProgress | None,
        descents: int,
    ) -> None:
        self.captioner, self.x, self.language = captioner, x, language
        # To look with; what is said is judged on the network itself.
        self.quick = dataclasses.replace(captioner, encoder=captioner.encoder.folded())
        self.params, self.seed, self.on_progress = params, seed, on_progress
        self.total, self.done = descents, 0

    def descend(self, eps: float, loss: Loss, goal: Callable[[Caption], bool]) -> Tried:
        """Steps inside the ball until `loss` says that the goal is reached; greedily judged."""
        x, params = self.x, self.params
        generator = torch.Generator().manual_seed(self.seed)
        x_adv = random_start_linf(x, eps, generator)
        for step in range(params.steps):
            with torch.enable_grad():
                leaf = x_adv.detach().requires_grad_()
                value, there = loss(self.quick.grid(leaf))
                if there and goal(self.said(x_adv)):
                    break
                (gradient,) = torch.autograd.grad(-value, leaf)
            x_adv = linf_step(x_adv, x, gradient, eps=eps, alpha=params.step_length(eps))
            self._report((step + 1) / params.steps)
        require_inside(x_adv, x, eps, norm="linf")
        now = self.said(x_adv)
        self.done += 1
        self._report(0.0)
        return Tried(eps, x_adv, now, goal(now))

    def said(self, x: Tensor) -> Caption:
        """The greedy caption, which decides."""
        return caption(self.captioner, x, language=self.language)[0][0]

    def _report(self, share: float) -> None:
        if self.on_progress is not None:
            self.on_progress(min(1.0, (self.done + share) / self.total))

    def result(
        self,
        method: str,
        clean: Caption,
        tried: Sequence[Tried],
        settings: dict[str, object],
        started: float,
    ) -> CaptionAttack:
        if self.on_progress is not None:
            self.on_progress(1.0)
        parameters = dataclasses.asdict(self.params) | settings
        return CaptionAttack(
            clean=clean,
            tried=tuple(sorted(tried, key=lambda t: t.eps)),
            circumstances=self.captioner.circumstances(
                method=method,
                parameters=parameters | {"language": self.language},
                seed=self.seed,
                started=started,
            ),
        )


def _checked(captioner: Captioner, x: Tensor, eps: Sequence[float]) -> list[float]:
    checks.pictures(captioner.encoder, x)
    if len(x) != 1:
        raise ValueError(f"expected one picture, got {len(x)}")
    radii = checks.radii(eps, norm="linf")
    if radii[0] <= 0:
        raise ValueError(f"expected eps greater than 0, got {radii[0]:g}")
    return radii
