"""Weights over HTTP: progress, resume, checksum, clear sentences, against a server of our own."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import io
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

from trustai.zoo.pretrained import downloads
from trustai.zoo.pretrained import fetch as http
from trustai.zoo.pretrained.downloads import (
    WeightsMissing,
    available,
    download,
    load_pretrained,
)
from trustai.zoo.pretrained.imagenet import PRETRAINED, Pretrained
from trustai.zoo.pretrained.timm_networks import TimmPretrained
from trustai.zoo.pretrained.timm_networks import build as build_timm
from trustai.zoo.pretrained.torchvision_networks import build


class Server(ThreadingHTTPServer):
    """Serves one file; how well is set by its attributes."""

    daemon_threads = True
    data = b""
    status = 200
    ranges = True
    states_length = True
    offset = 0  # by how much the ranges it sends are beside those asked for
    cut_after: int | None = None  # bytes of the next answer before the connection ends
    silence = 0.0  # seconds before the answer
    elsewhere = False  # whether it sends on to another address first, as timm's does

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str | None] = []  # the Range of every request

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server, wanted = self.server, self.headers.get("Range")
        if server.elsewhere and self.path != "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            return
        server.asked.append(wanted)
        time.sleep(server.silence)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        start = start + server.offset if wanted and server.ranges else 0
        if server.status != 200:
            self.send_error(server.status)
            return
        if start >= len(server.data):
            self.send_error(416)
            return
        body = server.data[start:]
        self.send_response(206 if wanted and server.ranges else 200)
        if wanted and server.ranges:
            last, whole = len(server.data) - 1, len(server.data)
            self.send_header("Content-Range", f"bytes {start}-{last}/{whole}")
        if server.states_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut, server.cut_after = server.cut_after, None
        self.wfile.write(body[:cut])

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    """A network's tensors, drawn by a generator of their own."""
    generator = torch.Generator().manual_seed(0)
    shapes = {
        name: v.shape for name, v in build(network="squeezenet1_1").network.named_parameters()
    }
    return {name: torch.randn(s, generator=generator) * 0.05 for name, s in shapes.items()}


@pytest.fixture(scope="module")
def official(state: dict[str, torch.Tensor]) -> bytes:
    """The bytes of the ``.pth`` file that the server publishes."""
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TRUSTAI_DATA", raising=False)
    return tmp_path / "cache" / "weights"


def entry_at(address: str, data: bytes) -> Pretrained:
    """SqueezeNet's entry, but with weights published at `address`."""
    return dataclasses.replace(
        PRETRAINED.get("imagenet-squeezenet1-1"),
        url=f"{address}/squeezenet1_1-{hashlib.sha256(data).hexdigest()[:8]}.pth",
        megabytes=len(data) / 2**20,
    )


@pytest.fixture
def entry(server: Server, official: bytes, cache: Path) -> Pretrained:
    server.data = official
    return entry_at(server.address, official)


def left(cache: Path) -> list[str]:
    """What lies in the cache, by kind."""
    return sorted(path.suffix for path in cache.iterdir())


def rises(shares: list[float]) -> bool:
    return all(a <= b for a, b in pairwise(shares))


def fetch(server: Server, part: Path, **changes: Any) -> list[float]:
    """`http.fetch` of the server's file, and the progress it reported."""
    shares: list[float] = []
    arguments: dict[str, Any] = {
        "sha256_prefix": hashlib.sha256(server.data).hexdigest()[:8],
        "expected_bytes": len(server.data),
        "on_progress": shares.append,
    }
    http.fetch(f"{server.address}/file", part, **(arguments | changes))
    return shares


@pytest.fixture
def blob(server: Server) -> bytes:
    """A file of four and a half blocks."""
    server.data = torch.randint(
        256, (http.BLOCK * 9 // 2,), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    ).numpy().tobytes()  # fmt: skip
    return server.data


# -- one file --------------------------------------------------------------------------------


def test_fetches_in_blocks_with_progress(server: Server, blob: bytes, tmp_path: Path) -> None:
    shares = fetch(server, tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == blob
    assert len(shares) >= 5
    assert rises(shares)
    assert shares[0] < 0.3
    assert shares[-1] == 1.0
    assert server.asked == [None]


def test_progress_without_a_stated_length(server: Server, blob: bytes, tmp_path: Path) -> None:
    server.states_length = False
    shares = fetch(server, tmp_path / "part", expected_bytes=len(blob) // 2)
    assert (tmp_path / "part").read_bytes() == blob
    assert rises(shares)
    assert max(shares) == 1.0


def test_a_cut_connection_is_taken_up_where_it_ended(
    server: Server, blob: bytes, tmp_path: Path
) -> None:
    part, cut = tmp_path / "part", http.BLOCK * 2 + 77
    server.cut_after = cut
    with pytest.raises(ValueError, match=r"ended early \(0\.5 of 1\.1 MB\).*goes on where it"):
        fetch(server, part)
    assert part.read_bytes() == blob[:cut]
    shares = fetch(server, part)
    assert part.read_bytes() == blob
    assert server.asked == [None, f"bytes={cut}-"]
    assert rises(shares)
    assert shares[0] > cut / len(blob)


def test_stopping_keeps_what_is_there(server: Server, blob: bytes, tmp_path: Path) -> None:
    part = tmp_path / "part"

    def stop(share: float) -> None:
        if share > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(server, part, on_progress=stop)
    assert 0 < part.stat().st_size < len(blob)
    fetch(server, part)
    assert part.read_bytes() == blob
    assert server.asked[1] is not None


@pytest.mark.parametrize("how", ["no ranges", "another range"])
def test_a_server_without_ranges_sends_it_all_again(
    server: Server, blob: bytes, tmp_path: Path, how: str
) -> None:
    server.ranges, server.offset = how != "no ranges", -10
    part = tmp_path / "part"
    part.write_bytes(blob[:1000])
    shares = fetch(server, part)
    assert part.read_bytes() == blob
    assert server.asked[0] == "bytes=1000-"
    assert len(server.asked) == (1 if how == "no ranges" else 2)
    assert rises(shares)


@pytest.mark.parametrize("excess", [-1000, 0, 5000])
def test_a_damaged_part_costs_a_fresh_start(
    server: Server, blob: bytes, tmp_path: Path, excess: int
) -> None:
    """Shorter than the file, as long, and longer: the last two are met by HTTP 416."""
    part = tmp_path / "part"
    part.write_bytes(b"x" * (len(blob) + excess))
    fetch(server, part)
    assert part.read_bytes() == blob
    assert server.asked == [f"bytes={len(blob) + excess}-", None]


def test_a_finished_part_needs_no_network(server: Server, blob: bytes, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(blob)
    fetch(server, tmp_path / "part")
    assert server.asked == []


def test_another_file_is_deleted(server: Server, blob: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"with sha256 00000000…, got .*deleted \(try again"):
        fetch(server, tmp_path / "part", sha256_prefix="00000000")
    assert list(tmp_path.iterdir()) == []
    assert len(server.asked) == 1, "the same whole answer twice would be no better"


def test_a_file_without_an_end_is_given_up(server: Server, tmp_path: Path) -> None:
    server.data = bytes(4 * 2**20)
    server.states_length = False
    with pytest.raises(ValueError, match=r"expected about 0\.0 MB of .*, got more"):
        fetch(server, tmp_path / "part", expected_bytes=1000)
    assert not (tmp_path / "part").exists()


@pytest.mark.parametrize(("status", "words"), [(404, "HTTP 404 Not Found"), (503, "HTTP 503")])
def test_an_answer_that_is_no_file(server: Server, tmp_path: Path, status: int, words: str) -> None:
    server.status = status
    with pytest.raises(ValueError, match=f"got {words}.*try again later"):
        fetch(server, tmp_path / "part")
    assert list(tmp_path.iterdir()) == []


def test_no_server_at_all(server: Server, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(ValueError, match=r"refused\. Check the network and try again"):
            http.fetch(
                f"http://127.0.0.1:{port}/file",
                tmp_path / "part",
                sha256_prefix="0",
                expected_bytes=1,
                on_progress=lambda share: None,
            )


def test_a_silent_server(
    server: Server, blob: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 0.1)
    server.silence = 1.0
    with pytest.raises(ValueError, match=r"timed out\. Check the network"):
        fetch(server, tmp_path / "part")


def test_no_other_schemes(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(ValueError, match=r"expected an http\(s\) address, got 'file:"):
        http.fetch(
            (tmp_path / "secret").as_uri(),
            tmp_path / "part",
            sha256_prefix=hashlib.sha256(b"secret").hexdigest()[:8],
            expected_bytes=6,
            on_progress=lambda share: None,
        )
    assert not (tmp_path / "part").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_in_the_middle(server: Server, blob: bytes, tmp_path: Path) -> None:
    (tmp_path / "part").symlink_to("/dev/full")
    with pytest.raises(ValueError, match=f"{os.strerror(errno.ENOSPC)} .make room, or set TRUSTAI"):
        fetch(server, tmp_path / "part")


# -- weights ---------------------------------------------------------------------------------


def test_download_then_load(
    server: Server, entry: Pretrained, cache: Path, state: dict[str, torch.Tensor]
) -> None:
    shares: list[float] = []
    assert not available(entry)
    download(entry, on_progress=shares.append)
    assert available(entry)
    assert rises(shares)
    assert shares[0] < 0.5
    assert shares[-2:] == [0.99, 1.0]
    assert left(cache) == [".safetensors", ".sha256"], "neither the .pth nor a part remains"

    (stored,) = cache.glob("*.safetensors")
    tensors = load_file(stored)
    assert tensors.keys() == state.keys()
    assert all(torch.equal(tensors[k], v) and v.dtype == torch.float32 for k, v in state.items())
    loaded = load_pretrained(entry)
    assert all(torch.equal(v, state[k]) for k, v in loaded.network.state_dict().items())
    assert not any(m.training for m in loaded.modules())
    assert not any(p.requires_grad for p in loaded.parameters())
    assert loaded.card is not None
    assert loaded.card.weights_sha256 == hashlib.sha256(stored.read_bytes()).hexdigest()
    assert loaded.card.metrics["reported_accuracy"].value == pytest.approx(0.58178)

    download(entry)
    assert len(server.asked) == 1, "what is there is not fetched again"


def test_loaded_from_the_cache_is_the_network(
    entry: Pretrained, state: dict[str, torch.Tensor]
) -> None:
    download(entry)
    by_hand = build(network="squeezenet1_1")
    by_hand.network.load_state_dict(state)
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    loaded = load_pretrained(entry)
    assert torch.equal(loaded(x), by_hand.freeze()(x))
    assert not any(t.is_meta for t in [*loaded.parameters(), *loaded.buffers()])


def test_loading_draws_no_random_number(entry: Pretrained) -> None:
    download(entry)
    before = torch.random.get_rng_state()
    load_pretrained(entry)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_cut_download_goes_on(server: Server, entry: Pretrained, official: bytes) -> None:
    server.cut_after = len(official) // 2
    with pytest.raises(ValueError, match="ended early"):
        download(entry)
    assert not available(entry)
    download(entry)
    assert server.asked == [None, f"bytes={len(official) // 2}-"]
    assert available(entry)


def test_a_download_that_is_sent_on_goes_on_too(
    server: Server, entry: Pretrained, official: bytes
) -> None:
    server.elsewhere, server.cut_after = True, len(official) // 2
    with pytest.raises(ValueError, match="ended early"):
        download(entry)
    download(entry)
    assert server.asked == [None, f"bytes={len(official) // 2}-"]
    assert available(entry)


def test_a_wrong_checksum_leaves_nothing(server: Server, entry: Pretrained, cache: Path) -> None:
    server.data = server.data[:-1] + b"!"
    with pytest.raises(ValueError, match="not the official file"):
        download(entry)
    assert left(cache) == []
    assert not available(entry)


def evil() -> bytes:
    """A file that torch's unrestricted loader would let create a folder."""

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, ("evil-was-here",)

    file = io.BytesIO()
    torch.save({"features.0.weight": Evil()}, file)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["noise", "evil", "tensor"])
def test_what_is_no_state_dict_is_never_loaded(
    server: Server, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    tensor = io.BytesIO()
    torch.save(torch.zeros(2), tensor)
    server.data = {"noise": b"noise" * 100, "evil": evil(), "tensor": tensor.getvalue()}[kind]
    with pytest.raises(ValueError, match="expected a state dict in squeezenet1_1-"):
        download(entry_at(server.address, server.data))
    assert left(cache) == []
    assert not (tmp_path / "evil-was-here").exists()


def test_only_one_of_two_threads_downloads(server: Server, entry: Pretrained, cache: Path) -> None:
    server.silence = 0.2
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(download, entry) for _ in range(4)]:
            done.result()
    assert server.asked == [None]
    assert available(entry)


def test_a_failure_lets_the_next_one_in(server: Server, entry: Pretrained) -> None:
    server.status = 404
    with pytest.raises(ValueError, match="HTTP 404"):
        download(entry)
    server.status = 200
    download(entry)
    assert available(entry)


def test_no_room_is_said_before_the_download(
    server: Server, entry: Pretrained, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ValueError, match=r"MB of free space in .*, got 1 MB \(make room"):
        download(entry)
    assert server.asked == []


def test_a_cache_that_cannot_be_written(
    entry: Pretrained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path / "file"))
    with pytest.raises(ValueError, match=r"expected to write to .*set TRUSTAI_CACHE to another"):
        download(entry)


def test_a_damaged_cache_is_removed_and_fetched_again(
    server: Server, entry: Pretrained, cache: Path
) -> None:
    download(entry)
    (stored,) = cache.glob("*.safetensors")
    data = bytearray(stored.read_bytes())
    data[-1] ^= 1
    stored.write_bytes(data)
    with pytest.raises(WeightsMissing, match="it was removed, so download SqueezeNet"):
        load_pretrained(entry)
    assert not available(entry)
    download(entry)
    load_pretrained(entry)
    assert len(server.asked) == 2


def test_weights_of_another_network_do_not_load(entry: Pretrained) -> None:
    other = dataclasses.replace(entry, network="resnet18")
    download(other)
    with pytest.raises(ValueError, match=r"expected the weights of resnet18, got: .*Missing key"):
        load_pretrained(other)


def test_missing_weights_say_what_to_do(cache: Path) -> None:
    assert not available("imagenet-vgg16")
    with pytest.raises(WeightsMissing, match=r"\(528 MB\).*download\('imagenet-vgg16'\)"):
        load_pretrained("imagenet-vgg16")
    assert not cache.exists(), "nothing is downloaded, or even prepared, unasked"


@pytest.mark.parametrize("ask", [available, download, load_pretrained])
def test_unknown_networks_get_a_hint(ask: Any) -> None:
    with pytest.raises(ValueError, match=r"got 'imagenet-vgg61' \(did you mean 'imagenet-vgg1"):
        ask("imagenet-vgg61")


def test_timms_file_is_verified_in_full_and_read_without_a_pickle(
    server: Server, cache: Path, state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """Its address says nothing of its contents, so the entry holds the whole sha256."""
    network = build_timm(network="vit_tiny_patch16_224").network
    save_file({k: v.half() for k, v in network.state_dict().items()}, tmp_path / "file")
    server.data = (tmp_path / "file").read_bytes()
    tiny = PRETRAINED.get("imagenet-vit-tiny-patch16-224")
    assert isinstance(tiny, TimmPretrained)
    entry = dataclasses.replace(
        tiny,
        url=f"{server.address}/resolve/revision/model.safetensors",
        sha256=hashlib.sha256(server.data).hexdigest(),
    )
    download(entry)
    assert left(cache) == [".safetensors", ".sha256"]
    loaded = load_pretrained(entry)
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    for name, value in loaded.network.state_dict().items():
        assert torch.equal(value, network.state_dict()[name].half().float())
    assert loaded.card is not None
    assert loaded.card.metrics["reported_accuracy"].value == pytest.approx(0.75452)
    assert loaded.card.versions == {"timm": timm.__version__}

    other = dataclasses.replace(entry, sha256=hashlib.sha256(b"other").hexdigest())
    with pytest.raises(ValueError, match="not the official file"):
        download(other)
    small = dataclasses.replace(entry, network="vit_small_patch16_224")
    download(small)
    with pytest.raises(ValueError, match="expected the weights of vit_small_patch16_224, got: "):
        load_pretrained(small)


# -- prepared files --------------------------------------------------------------------------


@pytest.mark.parametrize("own", [True, False])
def test_prepared_weights_come_first(
    server: Server,
    entry: Pretrained,
    official: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    own: bool,
) -> None:
    """torchvision's accuracy is claimed for torchvision's file and for no other."""
    path = tmp_path / "data" / "weights" / "squeezenet1_1-imagenet.pth"
    path.parent.mkdir(parents=True)
    path.write_bytes(official)
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path / "data"))
    asked = entry if own else "imagenet-squeezenet1-1"
    assert available(asked)
    shares: list[float] = []
    download(asked, on_progress=shares.append)
    assert (server.asked, shares) == ([], [1.0])
    card = load_pretrained(asked).card
    assert card is not None
    assert card.weights_sha256 == hashlib.sha256(official).hexdigest()
    assert ("reported_accuracy" in card.metrics) == own
    assert ("no accuracy is claimed" in card.summary) == (not own)


def test_a_prepared_file_that_is_none(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights" / "squeezenet1_1-imagenet.pth"
    path.parent.mkdir()
    path.write_bytes(evil())
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"state dict in squeezenet1_1-imagenet\.pth"):
        load_pretrained("imagenet-squeezenet1-1")
    assert path.exists(), "a person put it there"
    assert not (tmp_path / "evil-was-here").exists()


def test_half_precision_is_read_in_full(
    state: dict[str, torch.Tensor], tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights").mkdir()
    halves = {name: value.half() for name, value in state.items()}
    torch.save(halves, tmp_path / "weights" / "squeezenet1_1-imagenet.pth")
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    loaded = load_pretrained("imagenet-squeezenet1-1")
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    assert loaded(torch.rand(1, 3, 64, 64)).dtype == torch.float32


def test_the_cache_is_where_all_of_trustai_keeps_things(cache: Path) -> None:
    vgg = PRETRAINED.get("imagenet-vgg16")
    assert downloads._cached(vgg) == cache / "vgg16-397923af.safetensors"
