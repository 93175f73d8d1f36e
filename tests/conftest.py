"""Fixtures that several rooms share: a tiny network, a tiny CIFAR-10, an empty models folder."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Several workers share the processors: one thread each, also in the servers that they start. Set
# before torch is loaded, which reads it once.
if "PYTEST_XDIST_WORKER" in os.environ:
    for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(_name, "1")

import trustai  # noqa: F401  # isort: skip  (before torch: it sets how torch's threads wait)

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

# Files that take longest, first: a worker that ends with one would let the others wait.
LONG_FILES = (
    "browser/test_pages",
    "unit/train/",
    "app/test_captions_page",
    "unit/explain/image/test_visualize",
    "browser/",
    "app/",
)
N_TINY = {"train": 160, "test": 40}
N_TINY_VALIDATION = 32


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, whole files together; otherwise the order stays."""

    def place(item: pytest.Item) -> int:
        path = item.path.as_posix()
        found = (k for k, part in enumerate(LONG_FILES) if f"/tests/{part}" in path)
        return next(found, len(LONG_FILES))

    items.sort(key=place)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that stands for ``models/``."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("TRUSTAI_MODELS", str(folder))
    return folder


@pytest.fixture
def make_card() -> Callable[..., Any]:
    """Builds a card of a width-2 network for ten classes; any field can be changed."""
    from trustai.zoo import Card

    def make(model_id: str = "tiny", **changes: Any) -> Card:
        fields: dict[str, Any] = {
            "id": model_id,
            "title": "Tiny",
            "summary": "A network for tests.",
            "architecture": "resnet18-cifar",
            "arguments": {
                "n_classes": 10,
                "width": 2,
                "mean": [0.4, 0.5, 0.6],
                "std": [0.2, 0.25, 0.3],
            },
            "classes": tuple("abcdefghij"),
            "input_size": 32,
            "dataset": "cifar10",
            "split_sha256": "0" * 64,
            "recipe": "tests",
            "configuration": {"epochs": 1},
            "seed": 0,
            "command": "none",
            "training": {"seconds": 1.0},
            "revision": "0",
            "versions": {"python": "3"},
        }
        return Card(**(fields | changes))

    return make


@pytest.fixture
def make_network() -> Callable[..., Any]:
    """Builds a frozen network whose batch norm has statistics of its own, not 0 and 1."""
    from trustai import zoo

    def make(*, seed: int = 0, width: int = 2, **arguments: Any) -> Any:
        generator = torch.Generator().manual_seed(seed)
        network = zoo.build("resnet18-cifar", n_classes=10, width=width, **arguments)
        with torch.no_grad():
            for name, value in network.state_dict().items():
                if name.endswith(("running_var",)) or (value.ndim == 1 and "weight" in name):
                    value.copy_(0.5 + torch.rand(value.shape, generator=generator))
                elif value.is_floating_point():
                    fan_in = max(1, value[0].numel())
                    noise = torch.randn(value.shape, generator=generator)
                    value.copy_(noise * (1.5 / fan_in) ** 0.5)
        return network.freeze()

    return make


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="session")
def tiny_cifar_pictures() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """``uint8 (N, 32, 32, 3)`` and labels per official split: noise around a colour per class."""
    random = np.random.default_rng(0)
    colours = random.integers(40, 216, (10, 1, 1, 3))
    splits = {}
    for split, n in N_TINY.items():
        labels = np.arange(n) % 10
        noise = random.integers(-40, 40, (n, 32, 32, 3))
        splits[split] = ((colours[labels] + noise).astype(np.uint8), labels)
    return splits


@pytest.fixture(scope="session")
def tiny_cifar_folder(
    tiny_cifar_pictures: dict[str, tuple[np.ndarray, np.ndarray]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A ``$TRUSTAI_DATA`` whose CIFAR-10 is tiny; the two ways of storing bytes, one per split."""
    root = tmp_path_factory.mktemp("prepared")
    (root / "cifar10").mkdir()
    for split, (images, labels) in tiny_cifar_pictures.items():
        cells: list[Any] = [png(pixels) for pixels in images]
        if split == "train":
            cells = [{"bytes": cell, "path": None} for cell in cells]
        table = pa.table({"image": cells, "label": pa.array(labels, pa.int64())})
        pq.write_table(table, root / "cifar10" / f"{split}.parquet")
    _write_tiny_imagenet(root / "tiny-imagenet")
    return root


def _write_tiny_imagenet(folder: Path) -> None:
    """Plain pictures of 64 x 64, training in two parts."""
    folder.mkdir()
    random = np.random.default_rng(1)
    for name, n in {"train-0": 96, "train-1": 64, "val": 40}.items():
        colour = random.integers(0, 256, (n, 1, 1, 3))
        images = np.broadcast_to(colour, (n, 64, 64, 3)).astype(np.uint8)
        labels = pa.array(random.integers(0, 200, n), pa.int64())
        table = pa.table({"image": [png(pixels) for pixels in images], "label": labels})
        pq.write_table(table, folder / f"{name}.parquet")


@pytest.fixture
def tiny_cifar(tiny_cifar_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`trustai.data.load("cifar10")` reads 160 training and 40 test pictures."""
    from trustai.data.images import cifar10, tiny_imagenet

    monkeypatch.setenv("TRUSTAI_DATA", str(tiny_cifar_folder))
    monkeypatch.setattr(tiny_imagenet, "N_VALIDATION", N_TINY_VALIDATION)
    monkeypatch.setattr(cifar10, "N_VALIDATION", N_TINY_VALIDATION)
    return tiny_cifar_folder


def _centre(data: bytes) -> np.ndarray:
    """torchvision's own preparation: short side 256 (some samples are smaller), centre 224."""
    with Image.open(io.BytesIO(data)) as encoded:
        picture = encoded.convert("RGB")
    scale = 256 / min(picture.size)
    width, height = (max(256, round(side * scale)) for side in picture.size)
    left, top = (width - 224) // 2, (height - 224) // 2
    picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    return np.array(picture.crop((left, top, left + 224, top + 224)))


@pytest.fixture(scope="session")
def imagenet_samples() -> tuple[torch.Tensor, torch.Tensor, list[str]]:
    """100 real photographs ``(N, 3, 224, 224)``, their ImageNet classes, and these by name."""
    file = Path(os.environ.get("TRUSTAI_DATA") or "absent") / "imagenet-samples/samples.parquet"
    if not file.is_file():
        pytest.skip("$TRUSTAI_DATA holds no ImageNet samples")
    table = pq.read_table(file)
    pixels = np.stack([_centre(data) for data in table.column("image").to_pylist()])
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    return x.contiguous(), torch.tensor(table["label"].to_pylist()), table["name"].to_pylist()


@pytest.fixture(scope="session")
def prepared_network() -> Callable[[str], Any]:
    """Loads an ImageNet network whose weights lie in ``$TRUSTAI_DATA``, or skips the test."""
    from trustai.zoo.pretrained.downloads import load_pretrained
    from trustai.zoo.pretrained.imagenet import PRETRAINED

    def load(model_id: str) -> Any:
        network = PRETRAINED.get(model_id).network
        weights = Path(os.environ.get("TRUSTAI_DATA") or "absent") / "weights"
        if not list(weights.glob(f"{network}-imagenet.*")):
            pytest.skip(f"$TRUSTAI_DATA holds no weights of {network}")
        return load_pretrained(model_id)

    return load


@pytest.fixture
def tiny(models, tiny_cifar, make_card, make_network):
    """A saved network of nine classes; it never saw the frog."""
    from trustai import zoo
    from trustai.data.images import cifar10

    classes = tuple(c for c in cifar10.CLASSES if c != "frog")
    network = make_network()
    network.linear = torch.nn.Linear(16, 9).requires_grad_(False)
    card = make_card(arguments={"n_classes": 9, "width": 2}, classes=classes, without="frog")
    return zoo.save(network, card)
