"""Canonization: a network rebuilt so that every operation with a rule is a module, used once.

captum's DeepLIFT and LRP put a hook on every module and look up its rule by its exact type. What a
network does by a function (``F.relu``, a residual ``+``), by a module that it uses twice, or by a
type that captum does not know, they pass over without an error, and the attributions are wrong. A
`Canonized` network does the same, but by modules that they see; what has no rule is refused.

The network is watched in one pass, by modes and hooks on a replica. Rewriting it by ``torch.fx``
instead would replace ``torch.nn.Module.__call__`` in all threads meanwhile.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from trustai.explain.image.passes import without_inplace
from trustai.zoo.classifier import Classifier

# By the name of torch's function. Those that only move numbers need no rule.
MOVES = frozenset([
    "__get__", "__getitem__", "__len__", "cat", "chunk", "concat", "contiguous", "dim", "flatten",
    "pad", "permute", "reshape", "size", "split", "squeeze", "transpose", "unflatten", "unsqueeze",
    "view",
])  # fmt: skip
SUMS = frozenset(["add", "add_", "__add__", "__iadd__", "__radd__"])
AVERAGES = frozenset(["adaptive_avg_pool2d", "avg_pool2d", "mean"])
ELEMENTWISE: Mapping[str, type[nn.Module]] = {
    "relu": nn.ReLU, "relu_": nn.ReLU, "relu6": nn.ReLU6, "elu": nn.ELU, "gelu": nn.GELU,
    "hardsigmoid": nn.Hardsigmoid, "hardswish": nn.Hardswish, "hardtanh": nn.Hardtanh,
    "leaky_relu": nn.LeakyReLU, "mish": nn.Mish, "selu": nn.SELU, "sigmoid": nn.Sigmoid,
    "silu": nn.SiLU, "softplus": nn.Softplus, "tanh": nn.Tanh,
}  # fmt: skip


class Rules:
    """What a method of captum has a rule for. A sub-class says it.

    Attributes:
        title: The method's, for the sentence that refuses a network.
        elementwise: Types of activations with a rule.
    """

    title: ClassVar[str]
    elementwise: ClassVar[frozenset[type[nn.Module]]]

    def layer(self, module: nn.Module) -> nn.Module | None:
        """The module that captum shall meet instead of this innermost one; None: there is no rule.

        Activations are not asked about.
        """
        raise NotImplementedError

    def total(self) -> nn.Module | None:
        """A module for a sum of two maps; None where a sum needs no rule."""
        return None

    def average(self, function: Callable[..., Tensor]) -> nn.Module | None:
        """A module for a function that averages; None where that needs no rule."""
        return None


def as_relu(function: Callable[..., Tensor]) -> nn.ReLU:
    """A module that computes `function` but that captum takes for a ReLU.

    The rule of a ReLU, in DeepLIFT as in LRP, is that of every function of single numbers: it looks
    at nothing but what goes in and what comes out. captum finds it by the exact type.
    """
    module = nn.ReLU()
    module.forward = function  # type: ignore[method-assign]
    return module


class _InTurn(nn.Module):
    """A module for each place where the network uses the same one, in the order of use."""

    def __init__(self, modules: list[nn.Module]) -> None:
        super().__init__()
        self.places = nn.ModuleList(modules)
        self.next = 0

    def forward(self, *args: Any) -> Any:
        place = self.places[self.next]
        self.next = (self.next + 1) % len(self.places)
        return place(*args)


class _Outside(TorchFunctionMode):
    """Sees the functions that a network calls outside of its innermost modules."""

    def __init__(self, network: nn.Module, seen: Callable[..., Any]) -> None:
        super().__init__()
        self.seen, self.inside, self.calls = seen, 0, Counter[nn.Module]()
        self.hooks = [
            handle
            for module in network.modules()
            if not any(module.children())
            for handle in (
                module.register_forward_pre_hook(self._enter),
                module.register_forward_hook(self._leave),
            )
        ]

    def _enter(self, module: nn.Module, args: Any) -> None:
        self.inside += 1
        self.calls[module] += 1

    def _leave(self, module: nn.Module, args: Any, output: Any) -> None:
        self.inside -= 1

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:  # fmt: skip
        call = func if self.inside else partial(self.seen, func)
        return call(*args, **(kwargs or {}))


class Canonized(nn.Module):
    """A network whose every operation with a rule is a module of its own: same function.

    It takes normalised pixels, because the normalisation is no layer.

    Args:
        classifier: Shared with others; never touched. Its replica is rebuilt.
        x: Normalised pictures on which it is watched, ``(N, 3, H, W)``.
        rules: Of the method.

    Raises:
        ValueError: the network does what the method has no rule for.
    """

    def __init__(self, classifier: Classifier, x: Tensor, rules: Rules) -> None:
        super().__init__()
        self.rules = rules
        self.network = without_inplace(classifier.replica())
        self.network.normalise = lambda x: x  # type: ignore[method-assign]
        self.found: list[nn.Module | None] = []
        self.without_rule: list[str] = []
        watching = _Outside(self.network, self._note)
        leaf = x.detach().clone().requires_grad_(True)
        with torch.enable_grad(), watching:
            self.network(leaf)
        for handle in watching.hooks:
            handle.remove()
        self._replace(watching.calls)
        if self.without_rule:
            raise self._refusal(self.without_rule[0])
        found = [module for module in self.found if module is not None]
        if found:  # an empty list would be a layer without a rule
            self.functions = nn.ModuleList(found)
        self.turn = 0
        self.mode = _Outside(self, self._routed)

    def forward(self, x: Tensor) -> Tensor:
        self.turn = 0
        with self.mode:
            return self.network(x)

    def _note(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """On the first pass: which module stands for the function, if any does."""
        name = func.__name__
        if name in SUMS | AVERAGES | ELEMENTWISE.keys():
            self.found.append(self._module_for(func, args, kwargs))
        elif name not in MOVES:
            self.without_rule.append(name)
        return func(*args, **kwargs)

    def _routed(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """On every later pass: through that module. The calls come in the same order."""
        if func.__name__ not in SUMS | AVERAGES | ELEMENTWISE.keys():
            return func(*args, **kwargs)
        module = self.found[self.turn]
        self.turn += 1
        if module is None:
            return func(*args, **kwargs)
        return module(*(arg for arg in args if isinstance(arg, Tensor)))

    def _module_for(self, func: Any, args: Any, kwargs: Any) -> nn.Module | None:
        name = func.__name__
        rest = [arg for arg in args if not isinstance(arg, Tensor)]
        kept = {key: value for key, value in kwargs.items() if key != "inplace"}
        bound = lambda x: func(x, *rest, **kept)  # noqa: E731
        if name in SUMS:
            module = self.rules.total()
            if module is not None and not _both_maps(args):
                self.without_rule.append(name)
            return module
        if name in AVERAGES:
            return self.rules.average(bound)
        if ELEMENTWISE[name] not in self.rules.elementwise:
            self.without_rule.append(name)
        return as_relu(bound)

    def _replace(self, calls: Mapping[nn.Module, int]) -> None:
        """Every innermost module by those that captum shall meet."""
        new = {
            module: self._instead_of(module, calls[module])
            for module in self.network.modules()
            if not any(module.children())
        }
        for parent in list(self.network.modules()):
            for name, child in parent._modules.items():
                if child in new:
                    parent._modules[name] = new[child]

    def _instead_of(self, module: nn.Module, uses: int) -> nn.Module:
        if uses == 0 or isinstance(module, nn.Sequential):  # nothing goes by it, or it is empty
            module, uses = nn.Identity(), max(uses, 1)
        if uses > 1 and any(True for _ in module.parameters()):
            raise self._refusal(f"the same {type(module).__name__} in {uses} places")
        places = []
        for _ in range(uses):
            own = module if uses == 1 else copy.deepcopy(module)
            found = (
                as_relu(own.forward)
                if type(own) in self.rules.elementwise
                else self.rules.layer(own)
            )
            if found is None:
                raise self._refusal(type(module).__name__)
            places.append(found)
        return places[0] if uses == 1 else _InTurn(places)

    def _refusal(self, what: str) -> ValueError:
        return ValueError(
            f"expected a network for all of whose layers {self.rules.title} has a rule, "
            f"got one with {what}: its attributions would be wrong there"
        )


def _both_maps(args: Any) -> bool:
    """Whether two things are added that both depend on the picture."""
    return len(args) > 1 and all(isinstance(arg, Tensor) and arg.requires_grad for arg in args[:2])
