"""Caches of a page's results and networks.

`cached_call` runs a computation once and keeps its result in memory, keyed by everything that
decides the result. `st.cache_data` is not used for results: it samples large arrays when it hashes
them, so two pictures that differ in one pixel can share an entry, and it does not replay a call
that wrote to a bar outside itself. Here every byte is hashed, the computation may draw its
progress, and what several sessions ask for at the same time is computed once.
"""

from __future__ import annotations

import copy
import hashlib
import json
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import numpy as np
import streamlit as st

from trustai.ui.kit.jobs import Countdown, heavy_job

if TYPE_CHECKING:
    from torch import Tensor

    from trustai.zoo import Classifier, TabularModel

R = TypeVar("R")

MAX_ENTRIES = 128
MAX_BYTES = 256 * 2**20


class Given(Protocol):
    """What a person chose: the SHA-256 of all its bytes, and whether it was uploaded."""

    @property
    def sha(self) -> str: ...
    @property
    def private(self) -> bool: ...


def sha256_of(*arrays: Tensor | np.ndarray[Any, Any] | bytes) -> str:
    """Hexadecimal SHA-256 of every byte of the arrays, their dtypes and shapes, in this order.

    Args:
        arrays: NumPy arrays, tensors or bytes.

    Raises:
        ValueError: an array of Python objects, whose bytes are addresses.

    >>> sha256_of(np.zeros(2)) == sha256_of(np.zeros(2)) != sha256_of(np.zeros((1, 2)))
    True
    """
    digest = hashlib.sha256()
    for array in arrays:
        if isinstance(array, bytes):
            digest.update(f"bytes{len(array)}:".encode())
            digest.update(array)
            continue
        values = array if isinstance(array, np.ndarray) else array.detach().cpu().numpy()
        if values.dtype == object:
            raise ValueError("expected an array of numbers, got an array of Python objects")
        digest.update(f"{values.dtype.str}{values.shape}:".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def cache_key(
    *,
    weights_sha: str,
    inputs: Sequence[str],
    method: str,
    parameters: Mapping[str, Any] | object = (),
    seed: int = 0,
) -> str:
    """A text that differs whenever anything that decides the result differs.

    Args:
        weights_sha, inputs, method, parameters, seed: As in `cached_call`.

    Raises:
        ValueError: an array among the parameters; it belongs into `inputs`.

    >>> cache_key(weights_sha="ab", inputs=["12"], method="sum", parameters={"eps": 0.5})
    '["ab", ["12"], "sum", {"eps": 0.5}, 0]'
    """
    if is_dataclass(parameters) and not isinstance(parameters, type):
        parameters = {"": type(parameters).__name__, **asdict(parameters)}
    parts = [weights_sha, list(inputs), method, parameters, seed]
    return json.dumps(parts, sort_keys=True, default=_plain_number)


def _plain_number(value: Any) -> Any:
    # Not repr(): that of a large array leaves most of it out, and two keys would be equal.
    if isinstance(value, np.generic):
        return value.item()
    raise ValueError(
        f"expected parameters of plain values, got {type(value).__name__} "
        "(pass arrays through inputs=[sha256_of(array)])"
    )


def bytes_of(result: object) -> int:
    """About how many bytes of memory the arrays and texts inside a result take.

    >>> bytes_of({"map": np.zeros((2, 3), np.float32), "more": [np.zeros(4, np.uint8)]})
    28
    """
    if hasattr(result, "element_size") and hasattr(result, "nelement"):  # tensors
        return int(result.element_size() * result.nelement())
    if isinstance(result, np.ndarray):
        return result.nbytes
    if isinstance(result, Mapping):
        return sum(bytes_of(v) for v in result.values())
    if isinstance(result, list | tuple):
        return sum(bytes_of(v) for v in result)
    if is_dataclass(result):
        return sum(bytes_of(getattr(result, f.name)) for f in fields(result))
    return sys.getsizeof(result)


class ResultCache:
    """A thread-safe least-recently-used cache of results by key.

    What is kept is a deep copy, and so is what is given out: no session can change what another
    one gets.

    Args:
        max_entries: At most so many results.
        max_bytes: At most so much memory together; a larger result is not kept at all.

    >>> cache = ResultCache(max_entries=1)
    >>> cache.put("a", 1)
    >>> cache.put("b", 2)
    >>> cache.get("a"), cache.get("b")
    ((False, None), (True, 2))
    """

    def __init__(self, *, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
        self.max_entries, self.max_bytes = max_entries, max_bytes
        self._entries: OrderedDict[str, tuple[object, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._running: dict[str, tuple[threading.Lock, int]] = {}  # lock and threads by key

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> tuple[bool, Any]:
        """Whether the key is known, and a copy of its result."""
        with self._lock:
            if key not in self._entries:
                return False, None
            self._entries.move_to_end(key)
            result, _ = self._entries[key]
        return True, copy.deepcopy(result)

    def put(self, key: str, result: object) -> None:
        """Keep a copy of `result`; the least recently used make room for it."""
        size = bytes_of(result)
        if size > self.max_bytes:
            return
        kept = copy.deepcopy(result)
        with self._lock:
            self._bytes += size - self._entries.pop(key, (None, 0))[1]
            self._entries[key] = (kept, size)
            while len(self._entries) > self.max_entries or self._bytes > self.max_bytes:
                self._bytes -= self._entries.popitem(last=False)[1][1]

    @contextmanager
    def exclusive(self, key: str, *, while_waiting: Callable[[], None]) -> Iterator[None]:
        """A lock of `key`: one thread at a time runs the block. `while_waiting` is called twice a
        second while another thread is inside."""
        with self._lock:
            lock, users = self._running.get(key, (threading.Lock(), 0))
            self._running[key] = (lock, users + 1)
        try:
            while not lock.acquire(timeout=0.5):
                while_waiting()
            try:
                yield
            finally:
                lock.release()
        finally:
            with self._lock:
                lock, users = self._running.pop(key)
                if users > 1:
                    self._running[key] = (lock, users - 1)


@st.cache_resource(show_spinner=False)
def shared_cache() -> ResultCache:
    """The cache that all sessions of this server share."""
    return ResultCache()


def session_cache() -> ResultCache:
    """The cache of this browser session alone, for results of uploads; it ends with the session."""
    cache: ResultCache = st.session_state.setdefault(
        "trustai__cache", ResultCache(max_entries=64, max_bytes=64 * 2**20)
    )
    return cache


def cached_call(
    compute: Callable[[], R],
    *,
    subject: Given | None,
    weights_sha: str,
    inputs: Sequence[str] = (),
    method: str,
    parameters: Mapping[str, Any] | object = (),
    seed: int = 0,
    heavy: str = "",
    bar: Countdown | None = None,
) -> R:
    """A copy of the result of `compute()`, from memory if it was computed before with the same
    arguments.

    Args:
        compute: Called without arguments on a miss. It may draw progress; its result must be
            copyable. Errors and stopped runs are not kept.
        subject: What goes in; None where nothing does that a person could upload. What is
            computed from an upload is kept in this session only.
        weights_sha: SHA-256 of the network's weights; ``""`` where no network takes part.
        inputs: One `sha256_of` per array that goes in beside the subject (labels, masks).
        method: Name of what is computed, unique over the app: ``"attacks.run/pgd_linf"``.
        parameters: Everything else that decides the result: a dict or a parameter dataclass.
        seed: The seed handed to the core.
        heavy: What is being done, as `heavy_job` shows it; empty for what takes no time.
        bar: The one that `compute` reports to. It raises `Stopped` once the person has stopped it.
    """
    chosen = [] if subject is None else [subject.sha]
    key = cache_key(
        weights_sha=weights_sha, inputs=[*chosen, *inputs], method=method, parameters=parameters,
        seed=seed,
    )  # fmt: skip
    cache = session_cache() if subject is not None and subject.private else shared_cache()
    known, result = cache.get(key)
    if not known:
        result = _computed_once(cache, key, compute, heavy, bar)
    return cast("R", result)


def _computed_once(
    cache: ResultCache, key: str, compute: Callable[[], R], heavy: str, bar: Countdown | None
) -> R:
    """Compute and keep the result, or wait for the session that is computing it."""
    if bar is not None:
        bar.refuse(key)  # before it waits for others
    notice = st.empty()

    def say() -> None:
        notice.info("Somebody else is computing the same.", icon=":material/hourglass_top:")

    with cache.exclusive(key, while_waiting=say):
        notice.empty()
        known, result = cache.get(key)
        if not known:
            with (
                heavy_job(heavy) if heavy else nullcontext(),
                bar.running(key) if bar else nullcontext(),
            ):
                result = compute()
            cache.put(key, result)
    return cast("R", result)


@st.cache_resource(show_spinner="Loading the network", max_entries=12)
def classifier(model_id: str) -> Classifier:
    """The classifier `model_id`, loaded and verified once per server and shared by all sessions.

    Raises:
        ValueError: an id that is not in `trustai.zoo.catalog()`, or that of another kind.

    >>> len(classifier("signs-resnet18").card.classes)
    16
    """
    # Here and not above: pages that show no network must not wait for torch.
    import trustai.zoo

    return trustai.zoo.load(model_id, kind=trustai.zoo.Classifier)


@st.cache_resource(show_spinner="Loading the network", max_entries=12)
def tabular_model(model_id: str) -> TabularModel:
    """The network of a table `model_id`; loads, keeps and refuses as `classifier` does."""
    import trustai.zoo

    return trustai.zoo.load(model_id, kind=trustai.zoo.TabularModel)
