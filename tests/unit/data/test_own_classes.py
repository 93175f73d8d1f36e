"""Two folders of one's own pictures: what is read, what is left out, and hostile files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from trustai import zoo
from trustai.attacks.backdoor import Trigger
from trustai.data import own_classes
from trustai.data.own_classes import halves, read_classes
from trustai.live.backdoor import LiveBackdoorParams, prepare, train_backdoor
from trustai.zoo import Classifier


def picture(value: int, size: tuple[int, int] = (40, 24)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (value, 0, 255 - value)).save(file, "PNG")
    return file.getvalue()


def files(n: int = 10, root: str = "") -> dict[str, bytes]:
    """Dogs before cats, as no alphabet has them."""
    return {f"{root}dogs/{i}.png": picture(200 + i) for i in range(n)} | {
        f"{root}cats/deep/{i}.PNG": picture(i) for i in range(n + 1)
    }


def zipped(content: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize("root", ["", "pets/", "a/b/"])
def test_each_folder_is_a_class(root: str, tmp_path: Path) -> None:
    junk = {
        "__MACOSX/dogs/._1.png": b"no", f"{root}.DS_Store": b"no", f"{root}dogs/Thumbs.db": b"no",
        f"{root}read me.txt": b"no",
    }  # fmt: skip
    seen: list[float] = []
    found = read_classes(zipped(files(root=root) | junk), size=16, on_progress=seen.append)
    assert found.classes == ("cats", "dogs")
    assert found.labels.tolist() == [0] * 11 + [1] * 10
    assert found.images.shape == (21, 3, 16, 16)
    assert found.images.dtype == torch.uint8
    assert found.images[:11, 0, 8, 8].sort().values.tolist() == list(range(11))
    assert (found.images[11:, 0] >= 200).all()
    assert seen[-1] == 1
    assert len(seen) == 21
    for name, content in files(root=root).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    again = read_classes(tmp_path, size=16)
    assert torch.equal(again.images, found.images)


def test_the_centred_square_is_taken() -> None:
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 255
    file = io.BytesIO()
    Image.fromarray(wide).save(file, "PNG")
    found = read_classes(zipped(files() | {"dogs/0.png": file.getvalue()}), size=20)
    assert (found.images[11] == 255).all()


def test_every_class_is_in_both_halves() -> None:
    whole = read_classes(zipped(files(20)), size=8)
    train, validation = halves(whole)
    assert (train.split, validation.split) == ("train", "validation")
    assert torch.bincount(validation.labels).tolist() == [4, 4]
    assert sorted([*train.indices.tolist(), *validation.indices.tolist()]) == list(range(41))
    assert torch.equal(halves(whole)[1].indices, validation.indices)
    assert not torch.equal(halves(whole, seed=1)[1].indices, validation.indices)


def test_a_backdoor_is_trained_on_them() -> None:
    train, validation = halves(read_classes(zipped(files(20)), size=64))
    network = zoo.load("imagenet-efficientnet-lite0", kind=Classifier)
    found = train_backdoor(
        prepare(network, train, validation=validation), trigger=Trigger(size=0.3), share=0.1,
        kind="one-to-one", source=1, target=0, params=LiveBackdoorParams(epochs=3, batch_size=8),
    )  # fmt: skip
    assert found.classifier.card is not None
    assert found.classifier.card.classes == ("cats", "dogs")
    assert found.history[-1].accuracy == 1


def lying(size: int = 100) -> bytes:
    """A zip that says of its first picture that it is small."""
    content = bytearray(zipped({"cats/0.png": picture(1) + b"\0" * 10**6} | files()))
    at = content.index(b"PK\1\2") + 24
    content[at : at + 4] = size.to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no zip", "expected a folder or zip of pictures, got a damaged or other file"),
        (zipped({}), "expected two folders of pictures, got 0"),
        (zipped({"a.png": picture(1)} | files()), "expected every picture in one of two folders"),
        (zipped({"cats/1.png": picture(1)}), "expected two folders of pictures, got 1"),
        (zipped({"fish/1.png": picture(1)} | files()), "two folders of pictures, got 3"),
        (
            zipped(
                {"dogs/1.png": picture(1)} | files(0) | {f"cats/{i}.png": b"" for i in range(12)}
            ),
            "expected at least 10 pictures in every folder, got 1 in 'dogs'",
        ),
        (zipped(files() | {"dogs/1.png": b"GIF89a"}), "in 'dogs/1.png'"),
        (zipped(files() | {"dogs/1.png": picture(1)[:60]}), "damaged or truncated .*'dogs/1.png'"),
        (zipped({f"{k}/{i}.png": b"" for k in "ab" for i in range(501)}), "1,000 pictures in"),
        (
            zipped({f"{k}/{i}.png": b"\0" * 9 * 2**20 for k in "ab" for i in range(10)}),
            "expected a zip that unpacks to at most 50 times its size",
        ),
        (lying(), "in 'cats/0.png'"),
    ],
    ids=["bytes", "empty", "none", "one", "three", "few", "gif", "cut", "many", "bomb", "lies"],
)
def test_what_is_no_such_zip_is_one_sentence(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        read_classes(content)
    assert "\n" not in str(caught.value)


def test_many_large_pictures_are_refused_before_all_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trustai.data.picture_files.PIXELS_EACH", 300)
    seen: list[float] = []
    with pytest.raises(ValueError, match="expected pictures of at most 0 megapixels on average"):
        read_classes(zipped(files()), on_progress=seen.append)
    assert 0 < len(seen) < 21


def test_a_name_of_a_folder_is_short_and_tidy() -> None:
    strange = "d\u202eog\x07s" + "x" * 200
    content = {name.replace("dogs", strange): data for name, data in files().items()}
    found = read_classes(zipped(content), size=8)
    name = next(one for one in found.classes if one != "cats")
    assert len(name) <= own_classes.LONGEST_NAME
    assert name.isprintable()
