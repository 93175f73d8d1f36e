"""Our panel of explanations beside the same six through captum, one by one, in one process.

    python benchmarks/saliency.py
    python benchmarks/saliency.py --network efficientnet-lite0 --repeats 5

On one picture: gradient, Grad-CAM, guided backpropagation, Guided Grad-CAM,
SmoothGrad over guided backpropagation (16 samples), and its product with Grad-CAM. captum gets the
module in eval mode with frozen parameters, and noisy samples in the batches that suit it best of
those tried. The two sides alternate, and the best time of each counts. Prints JSON: seconds, their
ratio, the correlation of the maps, and the peak of memory that each side takes beyond its start in
a process of its own.

EfficientNet-Lite0 has the weights of its package and sees a photograph; torchvision's networks have
random weights and see noise.

SmoothGrad's noise is drawn otherwise by the two, so its maps are compared at the same noise: the
mean of captum's guided backpropagation over our own noisy copies. captum guides nn.ReLU only: with
ReLU6 its guided backpropagation is a plain gradient, so there the guided maps are timed and not
compared.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from captum import attr
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a file, from anywhere

from benchmarks.machine import machine
from trustai import zoo
from trustai.data.images import samples
from trustai.data.uploads import to_square, to_tensor
from trustai.explain import image
from trustai.explain.image.methods.smoothgrad import SmoothGradParams
from trustai.explain.image.passes import enlarge
from trustai.zoo.classifier import Classifier
from trustai.zoo.pretrained import torchvision_networks

N, SIGMA, SIDE = 16, 0.15, 224
METHODS = (
    "gradient",
    "grad_cam",
    "guided_backprop",
    "guided_grad_cam",
    "smoothgrad_guided",
    "smoothgrad_guided_grad_cam",
)
CAPTUM_BATCHES = (1, 4, 16)
PACKAGED = "efficientnet-lite0"
NETWORKS = ("vgg16", "resnet18", PACKAGED)
Maps = dict[str, Tensor]


def ours(network: Classifier, x: Tensor, target: int, layer: str) -> Maps:
    panel = image.Panel(network, x, target=target, layer=layer)
    smooth = SmoothGradParams(n=N, sigma=SIGMA)
    params = {name: smooth for name in METHODS if name.startswith("smooth")}
    found = {name: panel.explain(name, params=params.get(name)) for name in METHODS}
    return {name: r.map if r.pixels is None else r.pixels for name, r in found.items()}


def captums(network: Classifier, x: Tensor, target: int, layer: str, *, batch: int) -> Maps:
    """What one writes with captum: six calls."""
    module = network.get_submodule(layer)
    spread = SIGMA * float(x.max() - x.min())

    def smooth() -> Tensor:
        tunnel = attr.NoiseTunnel(attr.GuidedBackprop(network))
        found: Tensor = tunnel.attribute(
            x, nt_type="smoothgrad", nt_samples=N, nt_samples_batch_size=batch, stdevs=spread,
            target=target,
        )  # fmt: skip
        return found

    def cam() -> Tensor:
        found = attr.LayerGradCam(network, module).attribute(
            x, target=target, relu_attributions=True
        )
        return enlarge(found[:, 0], x)

    return {
        "gradient": attr.Saliency(network).attribute(x, target=target, abs=False),
        "grad_cam": cam(),
        "guided_backprop": attr.GuidedBackprop(network).attribute(x, target=target),
        "guided_grad_cam": attr.GuidedGradCam(network, module).attribute(
            x, target=target, interpolate_mode="bilinear"
        ),
        "smoothgrad_guided": smooth(),
        "smoothgrad_guided_grad_cam": smooth() * cam()[:, None],
    }


def same_noise(network: Classifier, x: Tensor, target: int, layer: str) -> Maps:
    """captum's guided backpropagation over the noisy copies that our seed 0 draws."""
    generator = torch.Generator().manual_seed(0)
    spread = SIGMA * float(x.max() - x.min())
    total = torch.zeros_like(x)
    for _ in range(N):
        noisy = x + spread * torch.randn(x.shape[1:], generator=generator)
        total += attr.GuidedBackprop(network).attribute(noisy, target=target)
    cam = attr.LayerGradCam(network, network.get_submodule(layer)).attribute(
        x, target=target, relu_attributions=True
    )
    mean = total / N
    product = mean * enlarge(cam[:, 0], x)[:, None]
    return {"smoothgrad_guided": mean, "smoothgrad_guided_grad_cam": product}


def timed(call: Callable[[], Maps]) -> tuple[float, Maps]:
    started = time.perf_counter()
    maps = call()
    return time.perf_counter() - started, maps


def peak_megabytes(call: Callable[[], Maps]) -> float:
    """By how much this process's resident size peaks above its start; Linux only."""
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = _status("VmRSS")
    call()
    return (_status("VmHWM") - before) / 1024


def _status(field: str) -> int:
    """In kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def alone(side: str, name: str, batch: int) -> float:
    """The peak of one side in a process of its own, where nothing was kept from a run before."""
    command = [sys.executable, __file__, "--alone", side, "--network", name, "--batch", str(batch)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def correlation(a: Tensor, b: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([a.detach().flatten(), b.detach().flatten()]))[0, 1])


def subject(name: str) -> tuple[Classifier, Tensor, int, str]:
    """A network, a picture, the class that it names and a layer."""
    if name == PACKAGED:
        network = zoo.load(f"imagenet-{name}", kind=Classifier)
        x = to_tensor(to_square(samples.load("coffee"), SIDE))
        return network, x, int(network.predict(x).argmax()), network.stages[-1].name
    torch.manual_seed(0)
    network = torchvision_networks.build(network=name).freeze()
    x = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    # Of another class, Grad-CAM can be zero everywhere, and there is nothing to correlate.
    return network, x, int(network.predict(x).argmax()), network.stages[-1].name


def captum_guides(network: Classifier) -> bool:
    return any(type(module) is nn.ReLU for module in network.modules())


def compare(name: str, *, repeats: int) -> dict[str, Any]:
    network, x, target, layer = subject(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # captum announces its hooks on every call
        batches = {
            b: timed(lambda b=b: captums(network, x, target, layer, batch=b))  # type: ignore[misc]
            for b in CAPTUM_BATCHES
        }
        batch = min(batches, key=lambda b: batches[b][0])
        runs = []
        for _ in range(repeats):
            mine = timed(lambda: ours(network, x, target, layer))
            theirs = timed(lambda: captums(network, x, target, layer, batch=batch))
            runs.append((mine, theirs))
        reference = runs[0][1][1] | same_noise(network, x, target, layer)
    mine_s, theirs_s = (min(run[i][0] for run in runs) for i in (0, 1))
    return {
        "network": name,
        "our_seconds": round(mine_s, 3),
        "captum_seconds": round(theirs_s, 3),
        "captum_batch": batch,
        "ratio": round(mine_s / theirs_s, 3),
        "our_peak_mb": round(alone("ours", name, batch), 1),
        "captum_peak_mb": round(alone("captum", name, batch), 1),
        "correlation": {
            m: round(correlation(runs[0][0][1][m], reference[m]), 6)
            for m in METHODS
            if captum_guides(network) or "guided" not in m
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=NETWORKS, nargs="+")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--alone", choices=["ours", "captum"], help="only its peak of memory, in MB"
    )
    parser.add_argument("--batch", type=int, default=1, help="captum's, with --alone")
    arguments = parser.parse_args()
    if arguments.alone:
        network, x, target, layer = subject(arguments.network[0])
        if arguments.alone == "ours":
            print(peak_megabytes(lambda: ours(network, x, target, layer)))
        else:
            warnings.simplefilter("ignore")
            print(peak_megabytes(lambda: captums(network, x, target, layer, batch=arguments.batch)))
        return
    results = [compare(name, repeats=arguments.repeats) for name in arguments.network or NETWORKS]
    print(json.dumps({"machine": machine(), "runs": results}, indent=1))


if __name__ == "__main__":
    main()
