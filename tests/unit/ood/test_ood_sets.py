"""OOD sets: drawn, prepared, and brought to a network's side."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from trustai import data
from trustai.data.images import drawn, mnist, noise, textures
from trustai.ood import ood_sets

DRAWN = {"textures": textures.DRAWN, "noise": noise.DRAWN}


@pytest.mark.parametrize("name", list(DRAWN))
def test_drawn_sets_are_data_sets_like_others(name):
    dataset = data.dataset(name)
    assert dataset.source() == "embedded"
    assert data.available(name)
    some = data.load(name, split="test", n=30)
    assert some.name == name
    assert some.images.shape == (30, 3, dataset.size, dataset.size)
    assert some.images.dtype == torch.uint8
    assert some.labels.dtype == torch.int64
    assert some.classes == dataset.classes
    assert some.indices.tolist() == list(range(30))
    assert len(some.labels.unique()) > 2
    assert dataset.n_test == drawn.N["test"]
    # No two alike, and none of one colour.
    assert len({image.numpy().tobytes() for image in some.images}) == 30
    assert some.pixels.flatten(1).std(1).min() > 0.01


@pytest.mark.parametrize("name", list(DRAWN))
def test_a_picture_depends_on_its_number_split_and_seed_only(name):
    one = DRAWN[name].pictures([7])
    again = data.load(name, split="test", n=9).images[7]
    assert torch.equal(one.images[0], again)
    draw = data.dataset(name).draw
    assert draw is not None
    single = draw("test", [7, 3])
    assert torch.equal(single.images[0], again)
    assert single.indices.tolist() == [7, 3]
    for other in (
        DRAWN[name].pictures([8]),
        DRAWN[name].pictures([7], seed=1),
        DRAWN[name].pictures([7], split="train"),
    ):
        assert not torch.equal(other.images[0], again)


def test_a_texture_at_another_side_is_the_same_texture():
    for index in range(24):
        small = textures.DRAWN.pictures([index], size=32)
        large = textures.DRAWN.pictures([index], size=128)
        assert torch.equal(small.labels, large.labels)
        shrunk = ood_sets.at_side(large.images, side=32)
        difference = (shrunk.float() - small.images.float()).abs().mean()
        assert difference < 30, textures.CLASSES[int(small.labels)]


def test_every_texture_is_drawn_in_range():
    labels = data.load("textures", n=200).labels
    assert labels.unique().tolist() == list(range(len(textures.CLASSES)))
    places = np.linspace(-0.4, 1.4, 40)
    u, v = np.meshgrid(places, places)
    for name, pattern in textures.TEXTURES:
        grey = pattern(np.random.default_rng(0), u, v)
        assert grey.shape == u.shape, name
        assert grey.min() >= -1e-9, name
        assert grey.max() <= 1 + 1e-9, name
        assert grey.std() > 0.05, name


def test_noise_is_what_it_says():
    some = data.load("noise", n=60)
    for label, name in enumerate(noise.CLASSES):
        images = some.pixels[some.labels == label]
        jump = images.diff(dim=3).abs().mean()
        assert (jump < 0.08) if name == "low-frequency" else (jump > 0.08), name
    uniform = some.images[some.labels == 0]
    assert uniform.float().mean().item() == pytest.approx(127.5, abs=1)
    assert uniform.float().std().item() == pytest.approx(256 / 12**0.5, abs=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "tset"}, "did you mean 'test'"),
        ({"size": 8}, r"expected size in \[16, 1024\]"),
        ({"seed": -1}, "expected seed and indices"),
        ({"indices": [2**32]}, "expected seed and indices"),
        ({"indices": []}, "at least one index"),
    ],
)
def test_nonsense_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        textures.DRAWN.pictures(**({"indices": [0]} | changes))


def write_mnist(root: Path) -> dict[str, np.ndarray]:
    """Noise in the original format: a magic number, the sizes, the bytes."""
    folder = root / "mnist" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    found = {}
    for name, n in (("train", 50), ("t10k", 20)):
        images = np.random.default_rng(n).integers(0, 256, (n, 28, 28), dtype=np.uint8)
        labels = (np.arange(n) % 10).astype(np.uint8)
        sizes = struct.pack(">IIII", 0x803, n, 28, 28)
        (folder / f"{name}-images-idx3-ubyte").write_bytes(sizes + images.tobytes())
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(
            struct.pack(">II", 0x801, n) + labels.tobytes()
        )
        found[name] = images
    return found


def test_mnist_from_the_prepared_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    assert mnist.source() is None
    with pytest.raises(data.DataMissing, match="expected the four files of MNIST"):
        data.load("mnist")
    images = write_mnist(tmp_path)
    monkeypatch.setattr(mnist, "N_VALIDATION", 10)
    assert mnist.source() == "prepared"
    test = data.load("mnist", split="test")
    assert test.images.shape == (20, 3, 28, 28)
    for channel in range(3):
        np.testing.assert_array_equal(test.images[:, channel], images["t10k"])
    assert test.labels.tolist() == [k % 10 for k in range(20)]
    assert test.labels.dtype == torch.int64
    train, validation = (data.load("mnist", split=s) for s in ("train", "validation"))
    assert (len(train), len(validation)) == (40, 10)
    both = torch.cat([train.indices, validation.indices]).sort().values
    assert both.tolist() == list(range(50))
    np.testing.assert_array_equal(validation.images[:, 0], images["train"][validation.indices])
    part = data.load("mnist", split="test", n=5, seed=1)
    assert torch.equal(part.images, test.images[part.indices])


def test_at_side_smooths_what_it_shrinks():
    same = torch.randint(0, 256, (2, 3, 16, 16), dtype=torch.uint8)
    assert ood_sets.at_side(same, side=16) is same
    checks = (255 * ((torch.arange(32)[:, None] + torch.arange(32)) % 2)).to(torch.uint8)
    small = ood_sets.at_side(checks.expand(1, 3, 32, 32), side=8)
    assert small.shape == (1, 3, 8, 8)
    assert small.dtype == torch.uint8
    inner = small[..., 1:-1, 1:-1].float()
    assert (inner - 127.5).abs().max() < 2  # without smoothing all black or all white
    large = ood_sets.at_side(torch.full((1, 3, 28, 28), 77, dtype=torch.uint8), side=64)
    assert (large == 77).all()


def test_which_sets_are_ood(make_card, tiny_cifar):
    cifar, signs = make_card(input_size=32), make_card(dataset="signs", input_size=64)
    assert ood_sets.names(cifar) == ["textures", "noise", "signs", "tiny-imagenet"]
    assert ood_sets.names(signs) == ["textures", "noise", "cifar10", "tiny-imagenet"]
    found = ood_sets.load("signs", cifar, n=3)
    assert found.images.images.shape == (3, 3, 32, 32)
    assert found.note == ""
    torch.testing.assert_close(
        found.images.images, ood_sets.at_side(data.load("signs", n=3).images, side=32)
    )
    with pytest.raises(ValueError, match="did not learn from, got 'cifar10'"):
        ood_sets.load("cifar10", cifar)


def test_what_looks_like_a_class_of_the_network_is_left_out(make_card, tiny_cifar):
    """Bullfrogs and sports cars are frogs and cars."""
    card = make_card(input_size=32)
    found = ood_sets.load("tiny-imagenet", card, n=1000)
    whole = data.load("tiny-imagenet")
    names = {whole.classes[k] for k in found.images.labels.tolist()}
    alike = ood_sets.ALIKE["tiny-imagenet", "cifar10"].split(", ")
    assert set(alike) <= set(whole.classes)
    assert not names & set(alike)
    assert "bullfrog" in found.note
    kept = [k for k in whole.labels.tolist() if whole.classes[k] not in alike]
    assert found.images.labels.tolist() == kept
    some = ood_sets.load("tiny-imagenet", card, n=5)
    assert len(some.images) == 5
    assert torch.equal(some.images.images, ood_sets.load("tiny-imagenet", card, n=5).images.images)
    signs = ood_sets.load("tiny-imagenet", make_card(dataset="signs"), n=1000)
    assert len(signs.images) == len(whole)
