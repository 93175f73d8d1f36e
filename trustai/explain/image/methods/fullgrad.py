"""FullGrad: the input's and every bias's part in the score (Srinivas & Fleuret 2019)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import enlarge, without_inplace
from trustai.types import NoParameters

_NO_BIAS = (nn.ReLU, nn.LeakyReLU, nn.PReLU)
"""Activations that are linear on both sides of 0, and through 0."""

_NOT_AFFINE = (
    nn.LayerNorm, nn.GroupNorm, nn.LocalResponseNorm, nn.MultiheadAttention, nn.Softmax, nn.GLU,
    nn.InstanceNorm2d,
)  # fmt: skip


def bias_of(module: nn.Module, x: Tensor, y: Tensor) -> Tensor | None:
    """``b`` of a module's ``y = J x + b`` at ``x``, with ``J`` its Jacobian there; None for 0.

    A convolution and a linear layer have theirs. Batch norm in eval mode has
    ``beta - gamma mu / sqrt(var + eps)`` (the paper's implicit bias). An activation that works
    number by number has ``y - y'(x) x``: of a ReLU that is 0, of a ReLU6 it is 6 where ``x >= 6``.

    Args:
        module: Without children.
        x, y: Its input and output, ``(N, K, h, w)`` or ``(N, D)``.

    Returns:
        ``b``, which broadcasts against `y`.

    >>> x = torch.tensor([[-1.0, 2.0, 7.0]])
    >>> bias_of(nn.ReLU6(), x, x.clamp(0, 6))
    tensor([[0., 0., 6.]])
    """
    if isinstance(module, nn.modules.batchnorm._BatchNorm):
        assert module.running_mean is not None
        assert module.running_var is not None
        scale = (module.running_var + module.eps).rsqrt()
        bias = -module.running_mean * scale * (1 if module.weight is None else module.weight)
        bias = bias if module.bias is None else bias + module.bias
        return bias.view(-1, *[1] * (y.ndim - 2))
    if isinstance(module, nn.Conv2d | nn.Linear):
        return None if module.bias is None else module.bias.view(-1, *[1] * (y.ndim - 2))
    if isinstance(module, _NO_BIAS) or type(module).__module__ != nn.ReLU.__module__:
        return None
    with torch.enable_grad():
        leaf = x.detach().requires_grad_(True)
        (slope,) = torch.autograd.grad(module.forward(leaf).sum(), leaf)
    return y.detach() - slope * x.detach()


class _Shares:
    """The sum of all parts of the logit, and the map of their sizes, collected in a pass.

    Args:
        x: ``(N, 3, H, W)``.
    """

    def __init__(self, x: Tensor) -> None:
        self.x = x
        self.map = torch.zeros_like(x[:, 0])
        self.sum = torch.zeros(len(x), dtype=torch.float64, device=x.device)

    def add(self, part: Tensor) -> None:
        """``(N, K, h, w)``, or ``(N, D)``, which has no place in the picture."""
        part = part.detach()
        self.sum += part.flatten(1).double().sum(1)
        if part.ndim == 4:
            self.map += enlarge(rescaled(part).sum(1), self.x)

    def follow(self, module: nn.Module, inputs: Any, output: Tensor) -> None:
        """A hook after the forward pass: adds the module's bias times its gradient, later."""
        bias = bias_of(module, inputs[0], output)
        if bias is not None and output.requires_grad:
            output.register_hook(lambda gradient: self.add(gradient * bias))


def rescaled(part: Tensor) -> Tensor:
    """``(|a| - min |a|) / (max |a| - min |a|)`` over everything but the first dimension.

    >>> rescaled(torch.tensor([[-3.0, 1.0, 2.0], [0.0, 0.0, 0.0]])).tolist()
    [[1.0, 0.0, 0.5], [0.0, 0.0, 0.0]]
    """
    size = part.abs()
    low = size.amin(tuple(range(1, size.ndim)), keepdim=True)
    high = size.amax(tuple(range(1, size.ndim)), keepdim=True)
    return (size - low) / (high - low).clamp_min(torch.finfo(size.dtype).tiny)


class FullGrad(Method[NoParameters]):
    """``sum_c psi(z_c * d f_t / d z_c) + sum_l sum_k psi(b_l,k * d f_t / d b_l,k)``.

    ``z`` is the normalised picture, ``f_t`` the target's logit, ``b_l,k`` the bias of channel
    ``k`` of layer ``l`` at every place (see `bias_of`), and ``psi`` takes the absolute value,
    rescales it to ``[0, 1]`` over the layer and enlarges it bilinearly. Biases of linear layers
    have no place, so they are not on the map. Completeness: ``z`` and all biases, each times its
    gradient, sum to ``f_t``. ``facts["completeness_gap"]`` is by what share of ``f_t`` they miss
    it: by rounding, or by something in the network that is neither affine nor a module.
    """

    name = "fullgrad"
    title = "FullGrad"
    paper = "Srinivas & Fleuret 2019, Full-Gradient Representation"
    url = "https://arxiv.org/abs/1905.00780"
    description = (
        "Divides the score among the pixels and the biases of all layers, so that the parts add "
        "up to the score. Where a ReLU6 stops at 6, that 6 counts as a bias."
    )
    formula = (
        r"\sum_c \psi\Big(z_c \frac{\partial f_t}{\partial z_c}\Big) + \sum_{l,k} "
        r"\psi\Big(b_{l,k} \frac{\partial f_t}{\partial b_{l,k}}\Big)"
    )
    fact_texts = MappingProxyType({"completeness_gap": "the sum differs from the score by {:.1%}"})
    cost = "fast"
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Maps:
        network = without_inplace(task.passes.classifier.replica())
        shares = _Shares(task.x)
        for module in network.modules():
            if isinstance(module, _NOT_AFFINE):
                raise ValueError(
                    "expected a network of convolutions, batch norm and activations, got one with "
                    f"{type(module).__name__}: it has no bias into which FullGrad could divide it"
                )
            if not list(module.children()):
                module.register_forward_hook(shares.follow)
        leaf = task.x.detach().clone().requires_grad_(True)
        with torch.enable_grad():
            score = network(leaf).gather(1, task.passes.target[:, None])[:, 0]
        (gradient,) = torch.autograd.grad(score.sum(), leaf)
        shares.add((task.x - network.mean) * gradient)  # z * d f_t / d z
        total = score.detach().double()
        gap = (shares.sum - total).abs() / total.abs().clamp_min(1e-9)
        return Maps(shares.map, facts={"completeness_gap": gap.float()})


METHODS.add(FullGrad.name, FullGrad(), order=55)
