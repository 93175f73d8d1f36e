"""The base class of attacks: validation, isolation, projection into the ball, and success.

An attack adds its step and a description of itself; the smallest is
`trustai.attacks.methods.fgsm`.
"""

from __future__ import annotations

import dataclasses
import math
import time
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar

import torch
from torch import Tensor, nn

from trustai import seeds
from trustai.attacks.steps import project_l2, project_linf
from trustai.registry import Registry
from trustai.types import AttackResult, Circumstances, OnProgress
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier
from trustai.zoo.described import Described

Norm = Literal["linf", "l2", "min-norm"]
P = TypeVar("P")


def default_batch_size(x: Tensor) -> int:
    """Pictures attacked together: 64 is fastest on a CPU, an accelerator wants to be filled."""
    return 64 if x.device.type == "cpu" else 1024


@dataclass(frozen=True, eq=False)
class Task(Generic[P]):
    """One batch for one attack, already validated.

    Attributes:
        model: An isolated copy of the classifier: hook it, switch it, nobody else sees it.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
        y: ``int64 (N,)``: the true labels, or the labels wanted when `targeted`.
        eps: Radius in the norm of the attack, greater than 0; may be ``inf`` for min-norm attacks.
        seed: For attacks that seed a library.
        generator: For attacks that draw numbers themselves; lives on the CPU, so that every
            device sees the same numbers.
    """

    model: nn.Module
    x: Tensor
    y: Tensor
    eps: float
    targeted: bool
    params: P
    seed: int
    generator: torch.Generator
    n_classes: int


class Attack(Described[P]):
    """Base class: a sub-class writes `perturb` and describes itself; everything else is here.

    Attributes:
        norm: ``"linf"`` or ``"l2"``: the ball that `eps` measures. ``"min-norm"``: the attack has
            no `eps` of its own and looks for the shortest perturbation in L2; what it finds
            counts where it lies inside the L2 ball of radius `eps` (``inf``: anywhere).
        targetable: Whether a target class can be asked for.
        moves_fooled: Whether pictures that are misclassified from the start are perturbed too.
    """

    norm: ClassVar[Norm]
    targetable: ClassVar[bool] = True
    moves_fooled: ClassVar[bool] = False

    @abstractmethod
    def perturb(self, task: Task[P]) -> Tensor:
        """Adversarial pictures for `task`; the caller clips, projects and judges them.

        Args:
            task: N validated pictures, their labels and the parameters.

        Returns:
            ``(N, 3, H, W)``.
        """

    @abstractmethod
    def passes(self, params: P, *, n_classes: int) -> int:
        """Forward passes per picture at worst: the hint of what a run costs.

        Args:
            params: Of the attack.
            n_classes: Of the classifier.
        """

    def run(
        self,
        classifier: Classifier,
        x: Tensor,
        y: Tensor,
        *,
        eps: float,
        seed: int = 0,
        target: int | Tensor | None = None,
        params: P | None = None,
        on_progress: OnProgress | None = None,
    ) -> AttackResult:
        """Attack a batch; arguments and errors as of `trustai.attacks.run`.

        The attack sees an isolated copy of `classifier`. What it returns is brought into the ball
        and ``[0, 1]`` and judged on `classifier` itself. Wrong from the start counts as success, as
        robust accuracy is defined; called the target from the start does not.
        """
        started = time.perf_counter()
        params = self.checked(params)
        eps, seed = checks.radius(eps, norm=self.norm), seeds.checked(seed)
        checks.pictures(classifier, x, gradients=True)
        n_classes = (clean_logits := classifier.predict(x)).shape[1]
        goal, targeted = self._goal(y, target, n=len(x), n_classes=n_classes)
        moved = ~reached(clean_logits, goal, targeted=targeted) | self.moves_fooled
        adversarial = x.clone()
        meter = _Meter(on_progress, int(moved.sum()) * self.passes(params, n_classes=n_classes))
        if eps > 0 and moved.any():
            model = _Watched(classifier.replica().requires_grad_(False), meter)
            dice = seeds.torch_generator(seed)
            task = Task(model, x[moved], goal[moved], eps, targeted, params, seed, dice, n_classes)
            adversarial[moved] = self._in_batches(task)
        meter.finish()
        settings = _settings(params, eps=eps, norm=self.norm, target=target)
        return _judged(
            classifier, x, adversarial, clean_logits, goal, targeted=targeted,
            circumstances=lambda: classifier.circumstances(
                method=self.name, parameters=settings, seed=seed, started=started
            ),
        )  # fmt: skip

    def _in_batches(self, task: Task[P]) -> Tensor:
        """Adversarial pictures in the ball for all of `task`."""
        found = []
        for rows in torch.arange(len(task.x)).split(default_batch_size(task.x)):
            part = dataclasses.replace(task, x=task.x[rows], y=task.y[rows])
            found.append(self._inside(self.perturb(part), part.x, task.eps))
        return torch.cat(found)

    def _goal(
        self, y: Tensor, target: int | Tensor | None, *, n: int, n_classes: int
    ) -> tuple[Tensor, bool]:
        checks.labels(y, n=n, n_classes=n_classes)
        if target is None:
            return y, False
        if not self.targetable:
            raise ValueError(f"expected no target for {self.name!r}: it is untargeted only")
        return checks.targets(target, n=n, n_classes=n_classes).to(y.device), True

    def _inside(self, x_adv: Tensor, x: Tensor, eps: float) -> Tensor:
        # A gradient of exactly zero divided by its length is NaN: such a pixel stays as it was.
        x_adv = torch.where(x_adv.isfinite(), x_adv.detach(), x)
        x_adv = project(x_adv, x, eps, norm=self.norm)
        require_inside(x_adv, x, eps, norm=self.norm)
        return x_adv


ATTACKS: Registry[Attack[Any]] = Registry("attack")


def _judged(
    classifier: Classifier,
    x: Tensor,
    adversarial: Tensor,
    clean_logits: Tensor,
    goal: Tensor,
    *,
    targeted: bool,
    circumstances: Callable[[], Circumstances],
) -> AttackResult:
    """What `classifier` itself says of `adversarial`; `circumstances` are asked for last."""
    logits = classifier.predict(adversarial)
    success = reached(logits, goal, targeted=targeted)
    already = reached(clean_logits, goal, targeted=targeted)
    # The centre belongs to the ball: an attack must not undo a mistake of the model.
    centre = already & ~success
    adversarial[centre], logits[centre] = x[centre], clean_logits[centre]
    delta = (adversarial - x).flatten(1)
    return AttackResult(
        adversarial=adversarial,
        success=success & ~already if targeted else success | centre,
        logits=logits,
        clean_logits=clean_logits,
        linf=delta.abs().amax(1),
        l2=delta.norm(dim=1),
        circumstances=circumstances(),
    )


def _settings(
    params: Any, *, eps: float, norm: Norm, target: int | Tensor | None
) -> dict[str, Any]:
    """The parameters of a run as plain values."""
    return dataclasses.asdict(params) | {
        "eps": eps if math.isfinite(eps) else None,
        "norm": norm,
        "target": target.tolist() if isinstance(target, Tensor) else target,
    }


def reached(logits: Tensor, goal: Tensor, *, targeted: bool) -> Tensor:
    """``bool (N,)``: whether the goal is reached, in this one place.

    Untargeted: the prediction is not the true label. Targeted: it is the target. A tie is not
    decided for the attacker: ``argmax`` takes the first of equal logits, as every prediction does.

    Args:
        logits: ``(N, C)``.
        goal: ``int64 (N,)``: the true labels, or the targets.
        targeted: Which of the two.

    >>> reached(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 0]), targeted=False)
    tensor([False,  True])
    """
    predicted = logits.argmax(1)
    return predicted == goal if targeted else predicted != goal


def project(x_adv: Tensor, x: Tensor, eps: float, *, norm: Norm) -> Tensor:
    """`x_adv` brought into the ball of `norm` around `x` and into ``[0, 1]``.

    Args:
        x_adv, x: ``(N, 3, H, W)``.
        eps: Radius.
        norm: ``"min-norm"`` counts as L2.
    """
    return project_linf(x_adv, x, eps) if norm == "linf" else project_l2(x_adv, x, eps)


def require_inside(x_adv: Tensor, x: Tensor, eps: float, *, norm: Norm) -> None:
    """Raise RuntimeError unless every picture is in the ball and in ``[0, 1]``: our own fault.

    Arguments as of `project`.
    """
    delta = (x_adv - x).flatten(1)
    size = delta.abs().amax(1) if norm == "linf" else delta.norm(dim=1)
    if size.max() > eps * (1 + 1e-5) + 1e-6 or x_adv.min() < 0 or x_adv.max() > 1:
        raise RuntimeError(f"a perturbation left the {norm} ball: {size.max():.6g} > {eps:.6g}")


class _Meter:
    """Turns pictures passed through the model into a share of the work."""

    def __init__(self, on_progress: OnProgress | None, total: int) -> None:
        self.on_progress = on_progress
        self.total = total
        self.passed = 0

    def __call__(self, pictures: int) -> None:
        self.passed += pictures
        if self.on_progress is not None:
            self.on_progress(min(1.0, self.passed / self.total))

    def finish(self) -> None:
        if self.on_progress is not None:
            self.on_progress(1.0)


class _Watched(nn.Module):
    """The model, reporting each pass: progress, and the chance to stop, for any library."""

    def __init__(self, model: nn.Module, on_pass: Callable[[int], None]) -> None:
        super().__init__()
        self.model = model
        self.on_pass = on_pass
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        self.on_pass(len(x))
        return self.model(x)
