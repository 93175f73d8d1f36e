"""Sanity check of saliency maps: whether they change when the network's weights are randomised.

Adebayo et al. 2018, Sanity Checks for Saliency Maps, https://arxiv.org/abs/1810.03292: the layers
are set back to random weights one after the other, from the decision's side down. A method that
explains the network must give another map then; one whose map stays is an edge detector. Random
weights are those of a network before its training: He's normal distribution for weights, 1 and 0
for the scales and shifts of normalisation, its statistics forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from trustai import seeds
from trustai.explain.base import part_of
from trustai.explain.image.base import explain
from trustai.metrics.similarity import rank_correlation, ssim
from trustai.types import Attribution, Circumstances, OnProgress
from trustai.zoo.classifier import Classifier, Stage

HEAD = "head"


@dataclass(frozen=True, eq=False)
class SanityStep:
    """The maps after one more part of the network has been set back to random weights.

    Attributes:
        layer: What was set back last: `HEAD` for everything after the last stage, then the names
            of the stages; empty for the first step, the network as it was trained.
        label: The same for people.
        map: ``(N, H, W)``.
        rank_correlation: ``(N,)``, Spearman's, of ``|map|`` with that of the trained network; nan
            where one of the two is constant.
        ssim: ``(N,)``, structural similarity of the same two.
        problems: One sentence per picture whose map says nothing, else None.
        circumstances: Of the whole run so far; its model is the trained one.
    """

    layer: str
    label: str
    map: Tensor
    rank_correlation: Tensor
    ssim: Tensor
    problems: tuple[str | None, ...]
    circumstances: Circumstances


def sanity(
    name: str,
    classifier: Classifier,
    x: Tensor,
    *,
    target: int | Tensor | None = None,
    layer: str | None = None,
    seed: int = 0,
    params: Any = None,
    on_progress: OnProgress | None = None,
) -> Iterator[SanityStep]:
    """Explain the same pictures while the network is randomised from the top, step by step.

    Yields the trained network's own maps first, then one step for the head and one for each of
    `classifier.stages`, last to first; nothing is trained again and `classifier` is not touched.

    Args:
        name, classifier, x, layer, params: As in `explain`.
        target: The class to explain throughout; None: the one that the trained network predicts.
        seed: Of the random weights and of the method.
        on_progress: Called with the share done; may raise to stop.

    Raises:
        ValueError: as `explain` does; also for pictures too small for `ssim`.

    >>> from trustai import data, zoo
    >>> classifier, x = zoo.load("signs-resnet18"), data.load("signs", n=1).pixels
    >>> steps = sanity("grad_cam", classifier, x)
    >>> [next(steps).label for _ in range(2)]
    ['The trained network', 'Head: the decision']
    """
    started, steps, trained = time.perf_counter(), cascade(classifier), None
    same: dict[str, Any] = {"layer": layer, "seed": seed, "params": params}
    for i, (stage, network) in enumerate(_randomised(classifier, steps, seed)):
        report, wanted = part_of(on_progress, i, len(steps) + 1), trained and trained.target
        goal = target if wanted is None else wanted
        found = explain(name, network, x, target=goal, on_progress=report, **same)
        trained = trained or found
        done = [before.name for before in list(steps)[:i]]
        yield _step(classifier, stage, trained, found, randomised=done, started=started)


def _randomised(
    classifier: Classifier, steps: dict[Stage, list[str]], seed: int
) -> Iterator[tuple[Stage, Classifier]]:
    """The trained network, then one copy of it that forgets one more of the steps each time."""
    yield Stage("", "The trained network"), classifier
    network, generator = classifier.replica(), seeds.torch_generator(seed)
    for stage, modules in steps.items():
        randomise(network, modules, generator)
        yield stage, network


def _step(
    classifier: Classifier,
    stage: Stage,
    trained: Attribution,
    found: Attribution,
    *,
    randomised: list[str],
    started: float,
) -> SanityStep:
    how = trained.circumstances
    return SanityStep(
        layer=stage.name,
        label=stage.label,
        map=found.map,
        rank_correlation=rank_correlation(trained.map.abs(), found.map.abs()),
        ssim=ssim(trained.map.abs(), found.map.abs()),
        problems=found.problems,
        circumstances=classifier.circumstances(
            method=how.method,
            parameters={**how.parameters, "randomised": randomised},
            seed=how.seed,
            started=started,
        ),
    )


def cascade(classifier: Classifier) -> dict[Stage, list[str]]:
    """What is set back in which step: the modules of the head, then of each stage, last to first.

    A module that stands between two stages belongs to the later one, one before the first stage
    to the first. The order is that in which the modules were registered, which is that of the
    forward pass in every architecture here. A step in which no parameter would change is left out.
    """
    modules = [name for name, _ in classifier.named_modules()]
    steps: dict[Stage, list[str]] = {}
    taken = 0
    for stage in classifier.stages:
        inside = [name == stage.name or name.startswith(f"{stage.name}.") for name in modules]
        end = len(modules) - inside[::-1].index(True)
        steps[stage] = modules[taken:end]
        taken = max(taken, end)
    steps[Stage(HEAD, "Head: the decision")] = modules[taken:]
    learned = {name.rpartition(".")[0] for name, _ in classifier.named_parameters()}
    return {stage: names for stage, names in reversed(steps.items()) if learned & set(names)}


def randomise(network: nn.Module, modules: list[str], generator: torch.Generator) -> None:
    """Give the modules of these names the weights and statistics of an untrained network.

    Every parameter is replaced by a new one: a replica shares its storage with the classifier it
    was made from, so nothing may be written into it.
    """
    for name in modules:
        module = network.get_submodule(name)
        for key, old in list(module.named_parameters(recurse=False)):
            value = _initial(key, old, generator).to(old)
            setattr(module, key, nn.Parameter(value, requires_grad=old.requires_grad))
        if isinstance(module, nn.modules.batchnorm._NormBase):
            module.running_mean = _like(module.running_mean, 0.0)
            module.running_var = _like(module.running_var, 1.0)


def _initial(key: str, old: Tensor, generator: torch.Generator) -> Tensor:
    """Drawn on the CPU, so that every device sees the same numbers."""
    if old.ndim > 1:
        return nn.init.kaiming_normal_(torch.empty(old.shape), generator=generator)
    return torch.zeros(old.shape) if "bias" in key else torch.ones(old.shape)


def _like(statistics: Tensor | None, value: float) -> Tensor | None:
    return None if statistics is None else torch.full_like(statistics, value)
