"""Data sets by name: every source gives the same pictures, every absence a clear sentence."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import tarfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from trustai import data
from trustai.data import __main__ as command
from trustai.data import sources
from trustai.data.images import cifar10

Pictures = dict[str, tuple[np.ndarray, np.ndarray]]
FILES = [*cifar10._FILES["train"], *cifar10._FILES["test"]]


def binary_files(pictures: Pictures) -> dict[str, bytes]:
    """The official format: one byte of label, then the red, green and blue planes, row by row."""
    files = {}
    for split, names in cifar10._FILES.items():
        images, labels = pictures[split]
        for name, chosen in zip(
            names, np.array_split(np.arange(len(labels)), len(names)), strict=True
        ):
            files[name] = b"".join(
                bytes([labels[i]]) + images[i].transpose(2, 0, 1).tobytes() for i in chosen
            )
    return files


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No prepared files, an empty cache; returns the cache's folder of CIFAR-10."""
    monkeypatch.delenv("TRUSTAI_DATA", raising=False)
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cifar10, "N_VALIDATION", 32)
    return tmp_path / "cache" / "cifar10"


@pytest.fixture
def cached(nowhere: Path, tiny_cifar_pictures: Pictures) -> Path:
    nowhere.mkdir(parents=True)
    for name, content in binary_files(tiny_cifar_pictures).items():
        (nowhere / name).write_bytes(content)
    return nowhere


# -- reading ---------------------------------------------------------------------------------


@pytest.mark.parametrize("split", data.SPLITS)
def test_parquet_and_binary_files_give_the_same(
    cached: Path, tiny_cifar_folder: Path, monkeypatch: pytest.MonkeyPatch, split: str
) -> None:
    assert cifar10.source() == "cache"
    from_cache = data.load("cifar10", split=split)
    monkeypatch.setenv("TRUSTAI_DATA", str(tiny_cifar_folder))
    assert cifar10.source() == "prepared"
    prepared = data.load("cifar10", split=split)
    assert torch.equal(prepared.images, from_cache.images)
    assert torch.equal(prepared.labels, from_cache.labels)
    assert torch.equal(prepared.indices, from_cache.indices)
    assert prepared.classes == from_cache.classes == cifar10.CLASSES
    assert prepared.split == from_cache.split == split


def test_pictures_are_those_that_were_written(
    tiny_cifar: Path, tiny_cifar_pictures: Pictures
) -> None:
    images, labels = tiny_cifar_pictures["test"]
    test = data.load("cifar10", split="test")
    assert test.images.dtype == torch.uint8
    assert test.labels.dtype == torch.int64
    np.testing.assert_array_equal(test.images.permute(0, 2, 3, 1).numpy(), images)
    np.testing.assert_array_equal(test.labels.numpy(), labels)
    assert test.indices.tolist() == list(range(40))
    assert test.pixels.dtype == torch.float32
    torch.testing.assert_close(test.pixels, test.images.double().div(255).float())


def test_train_and_validation_part_the_official_training_set(
    tiny_cifar: Path, tiny_cifar_pictures: Pictures
) -> None:
    train = data.load("cifar10", split="train")
    validation = data.load("cifar10", split="validation")
    assert len(validation) == 32
    together = torch.cat([train.indices, validation.indices])
    assert sorted(together.tolist()) == list(range(160))
    # Drawn, not the first or the last ones, and each picture keeps its number.
    assert not set(validation.indices.tolist()) <= set(range(40))
    images, _ = tiny_cifar_pictures["train"]
    np.testing.assert_array_equal(
        validation.images.permute(0, 2, 3, 1).numpy(), images[validation.indices.numpy()]
    )


def test_a_sample_is_drawn_by_its_seed(tiny_cifar: Path) -> None:
    def rows(seed: int) -> list[int]:
        return data.load("cifar10", n=10, seed=seed).indices.tolist()

    assert rows(0) == rows(0) == sorted(set(rows(0)))
    assert len(rows(0)) == 10
    assert rows(0) != rows(1)
    assert len(data.load("cifar10", n=1000)) == 40
    whole, part = data.load("cifar10"), data.load("cifar10", n=10)
    assert torch.equal(part.images, whole.images[part.indices])


def test_signs_need_no_file(nowhere: Path) -> None:
    signs = data.load("signs", n=3)
    assert signs.images.shape == (3, 3, 64, 64)
    assert signs.masks is not None
    assert data.available("signs")
    again = data.dataset("signs").draw
    assert again is not None
    drawn = again("test", [2, 0])
    assert torch.equal(drawn.images, signs.images[[2, 0]])
    assert drawn.indices.tolist() == [2, 0]
    assert torch.equal(drawn.masks, signs.masks[[2, 0]])


def test_take_keeps_everything_together(nowhere: Path) -> None:
    signs = data.load("signs", n=3)
    taken = signs.take(torch.tensor([2, 0]))
    for part in ("images", "labels", "indices", "masks"):
        assert torch.equal(getattr(taken, part), getattr(signs, part)[[2, 0]])
    assert (taken.name, taken.split, taken.classes) == ("signs", "test", signs.classes)


def test_join_drops_masks_only_where_one_is_unknown(nowhere: Path) -> None:
    import dataclasses

    signs = data.load("signs", n=2)
    assert torch.equal(data.join([signs, signs]).masks, torch.cat([signs.masks, signs.masks]))
    assert data.join([signs, dataclasses.replace(signs, masks=None)]).masks is None


# -- what is missing -------------------------------------------------------------------------


def test_missing_pictures_say_what_to_do(nowhere: Path) -> None:
    assert cifar10.source() is None
    assert not data.available("cifar10")
    with pytest.raises(data.DataMissing, match=r"python -m trustai\.data download cifar10"):
        data.load("cifar10")


@pytest.mark.parametrize("name", FILES)
def test_half_a_cache_is_no_source(cached: Path, name: str) -> None:
    (cached / name).unlink()
    assert cifar10.source() is None


def test_half_a_prepared_folder_is_no_source(
    cached: Path, tmp_path: Path, tiny_cifar_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = tmp_path / "half" / "cifar10"
    half.mkdir(parents=True)
    (half / "test.parquet").write_bytes((tiny_cifar_folder / "cifar10/test.parquet").read_bytes())
    monkeypatch.setenv("TRUSTAI_DATA", str(half.parent))
    assert cifar10.source() == "cache"


@pytest.mark.parametrize("keep", [0, 3000])
def test_a_truncated_binary_file_is_refused(cached: Path, keep: int) -> None:
    path = cached / "test_batch.bin"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(data.DataMissing, match=rf"3073 bytes, got {keep} bytes: download"):
        data.load("cifar10")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "cifar"}, r"expected data set .* got 'cifar' \(did you mean 'cifar10'\?\)"),
        ({"name": "../signs"}, "expected data set"),
        ({"name": "signs", "split": "tset"}, "expected split to be one of train, validation, test"),
        ({"name": "signs", "n": 0}, "expected n to be at least 1, got 0"),
        ({"name": "signs", "n": -5}, "expected n to be at least 1, got -5"),
    ],
)
def test_wrong_arguments_are_one_sentence(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        data.load(**arguments)


def test_places_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path / "c"))
    assert sources.prepared_dir() == tmp_path
    assert sources.cache_dir() == tmp_path / "c"
    monkeypatch.setenv("TRUSTAI_DATA", "")
    monkeypatch.delenv("TRUSTAI_CACHE")
    assert sources.prepared_dir() is None
    assert sources.cache_dir().name == "trustai"


# -- download --------------------------------------------------------------------------------


def archive_of(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def archive(tiny_cifar_pictures: Pictures) -> bytes:
    """Like the official one, with members that must not be written."""
    files = {f"cifar-10-batches-bin/{k}": v for k, v in binary_files(tiny_cifar_pictures).items()}
    return archive_of({"../evil": b"evil", "/tmp/evil": b"evil", "readme.html": b"x"} | files)  # noqa: S108


@pytest.fixture
def server(archive: bytes, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serves the archive from this machine, in pieces, so that progress can be seen."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(archive)))
            self.end_headers()
            try:
                for start in range(0, len(archive), len(archive) // 4):
                    self.wfile.write(archive[start : start + len(archive) // 4])
                    self.wfile.flush()
                    time.sleep(0.15)
            except OSError:
                pass  # the client only asked for the address

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{listening.server_address[1]}/cifar.tar.gz"
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.setattr(cifar10, "URL", url)
        monkeypatch.setattr(cifar10, "ARCHIVE_BYTES", len(archive))
        digest = hashlib.md5(archive, usedforsecurity=False).hexdigest()
        monkeypatch.setattr(cifar10, "MD5", digest)
        yield url
        listening.shutdown()


def test_download_fills_the_cache(
    server: str, nowhere: Path, tmp_path: Path, tiny_cifar_pictures: Pictures
) -> None:
    nowhere.mkdir(parents=True)
    (nowhere / "cifar-10-binary.tar.gz").write_bytes(b"of a broken attempt" * 10_000)
    shares = list(cifar10.download())
    assert shares == sorted(shares)
    assert shares[0] < 0.5
    assert shares[-1] == 1.0
    assert len(shares) > 2
    assert max(shares[:-1]) < 1
    assert sorted(path.name for path in nowhere.iterdir()) == sorted(FILES)
    assert not list(tmp_path.rglob("*evil*"))
    assert cifar10.source() == "cache"
    images, labels = tiny_cifar_pictures["test"]
    test = data.load("cifar10")
    np.testing.assert_array_equal(test.images.permute(0, 2, 3, 1).numpy(), images)
    np.testing.assert_array_equal(test.labels.numpy(), labels)


def test_another_file_than_the_official_one_is_thrown_away(
    server: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cifar10, "MD5", "0" * 32)
    with pytest.raises(data.DataMissing, match=r"expected to download CIFAR-10 from .*corrupted"):
        list(cifar10.download())
    assert list(nowhere.iterdir()) == []
    assert cifar10.source() is None


@pytest.fixture
def no_network(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(cifar10, "URL", f"http://127.0.0.1:{port}/cifar.tar.gz")


def test_no_network_is_one_clear_sentence(no_network: None, nowhere: Path) -> None:
    with pytest.raises(data.DataMissing, match="Check the network and try again") as caught:
        list(cifar10.download())
    assert "refused" in str(caught.value)
    assert list(nowhere.iterdir()) == []


# -- python -m trustai.data ------------------------------------------------------------------


def run_command(*arguments: str) -> int:
    return command.main(list(arguments))


def test_command_lists_what_is_present(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command() == 0
    lines = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert lines == {
        "signs": "embedded",
        "signs-off-centre": "embedded",
        "gtsrb": "missing",
        "cifar10": "missing",
        "tiny-imagenet": "missing",
        "cats-dogs": "missing",
        "imagenet-samples": "missing",
        "mnist": "missing",
        "textures": "embedded",
        "noise": "embedded",
        "diabetes": "embedded",
        "diabetes-synthetic": "embedded",
        "adult": "embedded",
        "adult-synthetic": "embedded",
        "scenes": "embedded",
        "flickr8k-1000": "missing",
        "coco-mini": "missing",
    }


def test_command_downloads(
    server: str,
    nowhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command("download", "cifar10") == 0
    assert capsys.readouterr().out.endswith("100.0%\n")
    assert (nowhere / "test_batch.bin").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["download", "signs"], 0, "signs needs no download"),
        (["download", "cifar10"], 1, "Check the network"),
        (["download", "cifar"], 1, "did you mean 'cifar10'?"),
        (["download"], 1, "expected data set"),
    ],
)
def test_command_says_why_it_cannot(
    no_network: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    assert run_command(*arguments) == code
    printed = capsys.readouterr()
    assert said in printed.out + printed.err


# -- the real thing --------------------------------------------------------------------------


def real_cifar() -> bool:
    folder = os.environ.get("TRUSTAI_DATA")
    return bool(folder) and (Path(str(folder)) / "cifar10" / "test.parquet").is_file()


@pytest.mark.skipif(not real_cifar(), reason="$TRUSTAI_DATA holds no CIFAR-10")
def test_real_cifar10_is_complete() -> None:
    test = data.load("cifar10")
    assert test.images.shape == (10_000, 3, 32, 32)
    assert torch.bincount(test.labels).tolist() == [1000] * 10
    assert test.indices.tolist() == list(range(10_000))
    # Ships and airplanes are bluer than red, frogs and deer are not: the class order is right.
    mean = test.pixels.mean((2, 3))
    bluer = torch.stack(
        [(mean[test.labels == k] @ torch.tensor([-1.0, 0, 1])).mean() for k in range(10)]
    )
    assert bluer[[0, 8]].min() > 0
    assert bluer[[4, 6]].max() < 0


def test_a_class_can_be_left_out() -> None:
    whole = data.load("signs", split="test", n=60)
    stop = whole.classes.index("stop")
    others, only = whole.without("stop"), whole.only("stop")
    assert len(others) + len(only) == 60
    assert "stop" not in others.classes
    assert (only.labels == stop).all()
    names = [whole.classes[label] for label in whole.labels.tolist() if label != stop]
    assert [others.classes[label] for label in others.labels.tolist()] == names
    assert others.indices.tolist() == whole.indices[whole.labels != stop].tolist()
    with pytest.raises(ValueError, match=r"expected a class among .*, got 'frog'"):
        whole.without("frog")
    with pytest.raises(ValueError, match="no class to leave out of a table"):
        data.load("diabetes-synthetic", without="Glucose")  # type: ignore[call-overload]


def test_pictures_are_enlarged_and_made_smaller() -> None:
    signs = data.load("signs", split="test", n=3)
    large, small = data.at_side(signs, 128), data.at_side(signs, 16)
    assert large.images.shape == (3, 3, 128, 128)
    assert large.images.dtype == torch.uint8
    assert large.masks is None
    assert torch.equal(large.labels, signs.labels)
    torch.testing.assert_close(
        small.pixels.mean((2, 3)), signs.pixels.mean((2, 3)), atol=0.02, rtol=0
    )
    assert torch.equal(data.at_side(signs, 64).images, signs.images)
    with pytest.raises(ValueError, match=r"expected side in \[8, 1024\] pixels, got 4"):
        data.at_side(signs, 4)
