"""The rest of a network behind one of its layers, as a function of that layer's output.

On a replica, every module that ends before the layer does answers at once with what it answered for
the one picture. So a changed output of the layer costs only what comes behind the layer, and
shortcuts around the layer carry what they carried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from trustai.explain.image.passes import without_inplace
from trustai.zoo.classifier import Classifier


@torch.no_grad()
def split_at(classifier: Classifier, layer: str, x: Tensor) -> tuple[Tensor, Callable[..., Tensor]]:
    """Cut the way of one picture through a network at a layer.

    Args:
        classifier: In eval mode; not touched.
        layer: Name of a module that is called once in a pass.
        x: ``(1, 3, H, W)`` in ``[0, 1]``.

    Returns:
        The layer's output, ``(1, ...)``, and a function from outputs ``(M, ...)`` in its place to
        logits ``(M, C)``.

    Raises:
        RuntimeError: the rest does not give the network's own logits for the layer's own output.

    >>> from trustai import data, zoo
    >>> classifier, x = zoo.load("signs-resnet18"), data.load("signs", n=1).pixels
    >>> output, rest = split_at(classifier, "layer4", x)
    >>> bool((rest(output) - classifier.predict(x)).abs().max() < 1e-4)
    True
    """
    network = without_inplace(classifier.replica())
    cut = network.get_submodule(layer)
    logits, before = _watched(network, cut, x)
    for module, kept in before.items():
        module.forward = lambda *_, kept=kept, **__: kept

    @torch.no_grad()
    def rest(output: Tensor) -> Tensor:
        cut.forward = lambda *_, **__: output
        return network(x)

    if not torch.allclose(rest(before[cut]), logits, rtol=1e-4, atol=1e-4):
        raise RuntimeError(f"{type(classifier).__name__} cannot be cut at {layer}")
    return before[cut], rest


def _watched(network: Classifier, cut: nn.Module, x: Tensor) -> tuple[Tensor, dict[nn.Module, Any]]:
    """The logits of a pass, and the outputs of all modules that end before `cut` does, and of it.

    A module that is called again behind it is left out: it must go on working.
    """
    outputs: dict[nn.Module, Any] = {}
    calls: Counter[nn.Module] = Counter()

    def note(module: nn.Module, inputs: Any, output: Any) -> None:
        calls[module] += 1
        if cut not in outputs:
            outputs[module] = output

    handles = [module.register_forward_hook(note) for module in network.modules()]
    logits = network(x)
    for handle in handles:
        handle.remove()
    return logits, {m: kept for m, kept in outputs.items() if calls[m] == 1 or m is cut}
