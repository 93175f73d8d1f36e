"""Gradients, steps, projections and random starts of attacks as plain functions of tensors.

They know nothing of classifiers, modes or results, so that attacks, sweeps and adversarial
training share them. Pictures are float ``(N, 3, H, W)`` in ``[0, 1]``; `eps` and `alpha` are in
the same pixel units (the length of the whole picture's perturbation for the L2 functions).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

Forward = Callable[[Tensor], Tensor]
"""Pictures ``(N, 3, H, W)`` -> logits ``(N, C)``: a module or any function."""

Loss = Callable[[Tensor, Tensor], Tensor]
"""Logits ``(N, C)`` and labels ``(N,)`` -> the sum of the pictures' losses."""

_TINY = 1e-12


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """``sum_i -log softmax(z_i)[y_i]``; its gradient is nearly 0 where the network is very sure."""
    return functional.cross_entropy(logits, y, reduction="sum")


def margin_loss(logits: Tensor, y: Tensor) -> Tensor:
    """``sum_i max_{j != y_i} z_ij - z_iy`` (Carlini and Wagner 2017): above 0 the label has lost.

    Its gradient does not fade where the network is very sure.

    >>> margin_loss(torch.tensor([[3.0, 1.0, 2.0]]), torch.tensor([0]))
    tensor(-1.)
    """
    own = logits.gather(1, y[:, None])
    others = logits.scatter(1, y[:, None], -torch.inf).amax(1, keepdim=True)
    return (others - own).sum()


def input_gradient(forward: Forward, x: Tensor, y: Tensor, *, targeted: bool = False) -> Tensor:
    """The direction in which to move the pictures: ``d/dx sum_i CE(forward(x)_i, y_i)``.

    Only `x` is differentiated: no parameter receives a ``.grad``, also where parameters require
    gradients (training). The mode of a module is used as it is, batch norm included.

    Args:
        forward: Pictures to logits.
        x: ``(N, 3, H, W)``; may be detached, is not changed.
        y: ``int64 (N,)``: the true labels, or the labels wanted when `targeted`.
        targeted: Negate the gradient, so that following it raises the probability of `y`.

    Returns:
        ``(N, 3, H, W)``, of the dtype of `x`, detached.
    """
    return logits_and_gradient(forward, x, y, targeted=targeted)[1]


def logits_and_gradient(
    forward: Forward, x: Tensor, y: Tensor, *, targeted: bool = False, loss: Loss = cross_entropy
) -> tuple[Tensor, Tensor]:
    """`input_gradient`, with its arguments, and the logits ``(N, C)`` of the same forward pass.

    Args:
        loss: What is climbed.
    """
    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        logits = forward(leaf)
        climbed = loss(logits.float(), y)
        (gradient,) = torch.autograd.grad(-climbed if targeted else climbed, leaf)
    return logits.detach(), gradient


def uniform(shape: torch.Size, generator: torch.Generator, like: Tensor) -> Tensor:
    """Uniform numbers in ``[-1, 1)`` drawn where `generator` lives, moved to where `like` is.

    Args:
        shape: Of the result.
        generator: Source of the numbers; the same state gives the same numbers on every device.
        like: A tensor of the wanted device and dtype.
    """
    drawn = torch.rand(shape, generator=generator, device=generator.device)
    return (2 * drawn - 1).to(device=like.device, dtype=like.dtype)


def random_start_linf(x: Tensor, eps: float | Tensor, generator: torch.Generator) -> Tensor:
    """A point drawn uniformly from the ball ``|x' - x|_inf <= eps``, cut to ``[0, 1]``.

    Args:
        x: ``(N, 3, H, W)`` in ``[0, 1]``.
        eps: Radius in pixel units; a tensor is broadcast against `x`.
        generator: Source of the numbers; may live on the CPU for pictures elsewhere.
    """
    return (x + eps * uniform(x.shape, generator, x)).clamp(0, 1)


def random_start_l2(x: Tensor, eps: float | Tensor, generator: torch.Generator) -> Tensor:
    """A point drawn uniformly from the ball ``|x' - x|_2 <= eps``, cut to ``[0, 1]``.

    Direction from a normal distribution, radius ``eps * u^(1/d)`` with ``u`` uniform in [0, 1).
    Arguments as of `random_start_linf`; `eps` is an L2 norm.
    """
    shape, device = x.shape, generator.device
    direction = torch.randn(shape, generator=generator, device=device).to(x)
    radius = torch.rand(shape[0], generator=generator, device=device).to(x)
    radius = radius.pow(1 / x[0].numel()).view(-1, 1, 1, 1)
    return (x + eps * radius * direction / l2_norm(direction).clamp_min(_TINY)).clamp(0, 1)


def project_linf(x_adv: Tensor, x: Tensor, eps: float | Tensor) -> Tensor:
    """The nearest point to `x_adv` within ``|x' - x|_inf <= eps`` and ``[0, 1]``.

    Args:
        x_adv, x: ``(N, 3, H, W)``; `x` in ``[0, 1]``.
        eps: Radius in pixel units.

    >>> x = torch.full((1, 3, 1, 1), 0.5)
    >>> project_linf(x + 0.25, x, 0.125).flatten()
    tensor([0.6250, 0.6250, 0.6250])
    """
    return torch.minimum(torch.maximum(x_adv, x - eps), x + eps).clamp(0, 1)


def project_l2(x_adv: Tensor, x: Tensor, eps: float | Tensor) -> Tensor:
    """`x_adv` scaled back into ``|x' - x|_2 <= eps``, then cut to ``[0, 1]``.

    The cut only moves pixels towards `x`, so the result lies in the ball and in ``[0, 1]``.

    Args:
        x_adv, x: ``(N, 3, H, W)``; `x` in ``[0, 1]``.
        eps: Radius, the L2 norm of a picture's perturbation.
    """
    delta = x_adv - x
    norm = l2_norm(delta).clamp_min(_TINY)
    limit = torch.as_tensor(eps, dtype=x.dtype, device=x.device)
    return (x + delta * (limit / norm).clamp_max(1)).clamp(0, 1)


def l2_norm(delta: Tensor) -> Tensor:
    """Euclidean length of every picture, ``(N, 1, 1, 1)``."""
    return delta.flatten(1).norm(dim=1).view(-1, 1, 1, 1)


def linf_step(
    x_adv: Tensor, x: Tensor, gradient: Tensor, *, eps: float | Tensor, alpha: float | Tensor
) -> Tensor:
    """``project(x_adv + alpha * sign(gradient))`` onto the Linf ball of `x` and ``[0, 1]``.

    Args:
        x_adv, x, gradient: ``(N, 3, H, W)``: where the step begins, the centre, its direction.
        eps, alpha: Radius and length of the step, in pixel units.
    """
    return project_linf(x_adv + alpha * gradient.sign(), x, eps)


def l2_step(
    x_adv: Tensor, x: Tensor, gradient: Tensor, *, eps: float | Tensor, alpha: float | Tensor
) -> Tensor:
    """``project(x_adv + alpha * gradient / |gradient|_2)`` onto the L2 ball and ``[0, 1]``.

    Arguments as of `linf_step`; `eps` and `alpha` are L2 norms.
    """
    return project_l2(x_adv + alpha * gradient / l2_norm(gradient).clamp_min(_TINY), x, eps)


def fgsm_random_start(
    forward: Forward,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    alpha: float,
    generator: torch.Generator,
) -> Tensor:
    """FGSM from a random point of the ball (Wong et al. 2020, https://arxiv.org/abs/2001.03994).

    ``project(x_0 + alpha * sign(d/dx CE(forward(x_0), y)))``, ``x_0`` uniform in the ball.

    One gradient; with ``alpha = 1.25 * eps`` it is the cheap inner attack of "fast" adversarial
    training. `forward` may be a module in training mode: its mode is used as it is.

    Args:
        forward: Pictures to logits.
        x, y: ``(N, 3, H, W)`` in ``[0, 1]`` and ``int64 (N,)``.
        eps, alpha: Radius and length of the step, in pixel units.
        generator: Of the random start.

    Returns:
        ``(N, 3, H, W)`` in the ball and in ``[0, 1]``, detached.
    """
    start = random_start_linf(x, eps, generator)
    return linf_step(start, x, input_gradient(forward, start, y), eps=eps, alpha=alpha)


def pgd_random_start(
    forward: Forward,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    alpha: float,
    steps: int,
    generator: torch.Generator,
) -> Tensor:
    """`steps` Linf steps of length `alpha` from a random point (Madry et al. 2018,
    https://arxiv.org/abs/1706.06083), all pictures to the end: the inner attack of adversarial
    training. `forward` may be a module in training mode.

    Args:
        forward: Pictures to logits.
        x, y: ``(N, 3, H, W)`` in ``[0, 1]`` and ``int64 (N,)``.
        eps, alpha: Radius and length of a step, in pixel units.
        steps: At least 1.
        generator: Of the random start.

    Returns:
        ``(N, 3, H, W)`` in the ball and in ``[0, 1]``, detached.
    """
    x_adv = random_start_linf(x, eps, generator)
    for _ in range(steps):
        gradient = input_gradient(forward, x_adv, y)
        x_adv = linf_step(x_adv, x, gradient, eps=eps, alpha=alpha)
    return x_adv
