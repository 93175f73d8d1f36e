"""How pages call the core: one cached call, keyed by everything that decides its result.

`st.cache_data` is not used for results, for two reasons. It samples arrays of 500,000 elements or
more when it hashes them, so two pictures that differ in one pixel can share an entry; and it
refuses to replay a call that wrote to a progress bar outside itself. `cached_call` takes hashes of
every byte, lets the call draw its progress, and computes once what several people wait for.
"""

from __future__ import annotations

import copy
import hashlib
import json
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import streamlit as st

from trustai.ui.kit.jobs import heavy_job

if TYPE_CHECKING:
    from torch import Tensor

    from trustai.zoo import Classifier, TabularModel

R = TypeVar("R")

MAX_ENTRIES = 128
MAX_BYTES = 256 * 2**20


def sha256_of(*arrays: Tensor | np.ndarray[Any, Any] | bytes) -> str:
    """Hex SHA-256 of every byte of the arrays, their dtypes and shapes, in this order."""
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
    """One text that differs whenever anything that decides the result differs."""
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
    """How much memory the arrays and texts inside a result take, about."""
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


class ResultStore:
    """Finished results by key, the least recently used leaving first.

    What is kept is a deep copy, and so is what is given out: no session can change what another
    one gets. Thread-safe.
    """

    def __init__(self, *, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
        self.max_entries, self.max_bytes = max_entries, max_bytes
        self._entries: OrderedDict[str, tuple[object, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._at_work: dict[str, tuple[threading.Lock, int]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> tuple[bool, Any]:
        """Whether the key is known, and its result (a copy of the caller's own)."""
        with self._lock:
            if key not in self._entries:
                return False, None
            self._entries.move_to_end(key)
            result, _ = self._entries[key]
        return True, copy.deepcopy(result)

    def put(self, key: str, result: object) -> None:
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
    def only_one(self, key: str, *, while_waiting: Callable[[], None]) -> Iterator[None]:
        """Of all threads that ask for `key`, one at a time; the others call `while_waiting`."""
        with self._lock:
            lock, users = self._at_work.get(key, (threading.Lock(), 0))
            self._at_work[key] = (lock, users + 1)
        try:
            while not lock.acquire(timeout=0.5):
                while_waiting()
            try:
                yield
            finally:
                lock.release()
        finally:
            with self._lock:
                lock, users = self._at_work.pop(key)
                if users > 1:
                    self._at_work[key] = (lock, users - 1)


@st.cache_resource(show_spinner=False)
def the_store() -> ResultStore:
    """The one store of this server."""
    return ResultStore()


def session_store() -> ResultStore:
    """The store of this browser session, for what comes of an upload: nobody else looks into it,
    and it ends with the session."""
    store: ResultStore = st.session_state.setdefault(
        "trustai__store", ResultStore(max_entries=64, max_bytes=64 * 2**20)
    )
    return store


def cached_call(
    compute: Callable[[], R],
    *,
    weights_sha: str,
    inputs: Sequence[str],
    method: str,
    parameters: Mapping[str, Any] | object = (),
    seed: int = 0,
    heavy: str = "",
    private: bool = False,
) -> R:
    """The result of `compute()`, from memory if the same was computed before by anyone.

    Args:
        compute: Called without arguments on a miss. May draw progress. What it returns must
            be copyable (our frozen results of tensors are).
        weights_sha: ``network.card`` knows it; ``""`` where no network takes part.
        inputs: One `sha256_of` per array that goes in (pictures, labels, masks).
        method: Name of what is computed, unique over the app: ``"attacks.run/pgd_linf"``.
        parameters: Everything else that decides the result: a dict or a parameter dataclass.
        seed: The seed handed to the core.
        heavy: What is being done, for the line of `heavy_job`; empty for what takes no time.
        private: Keep the result in this session only: what goes in was uploaded.

    Errors and stopped runs are not kept. The result is a copy of the caller's own.

    >>> result = cached_call(                                              # doctest: +SKIP
    ...     lambda: trustai.attacks.run("fgsm", network, x, y, eps=eps, seed=seed),
    ...     weights_sha=sha, inputs=[sha256_of(x, y)], method="attacks.run/fgsm",
    ...     parameters={"eps": eps}, seed=seed, heavy="attacking 1 picture")
    """
    key = cache_key(
        weights_sha=weights_sha, inputs=inputs, method=method, parameters=parameters, seed=seed
    )
    store = session_store() if private else the_store()
    known, result = store.get(key)
    if known:
        return cast("R", result)
    notice = st.empty()
    with store.only_one(
        key, while_waiting=lambda: _say(notice, "Somebody else is computing the same; one moment.")
    ):
        notice.empty()
        known, result = store.get(key)
        if not known:
            result = _run(compute, heavy)
            store.put(key, result)
    return cast("R", result)


def _say(notice: Any, text: str) -> None:
    notice.info(text, icon=":material/hourglass_top:")


def _run(compute: Callable[[], R], heavy: str) -> R:
    if not heavy:
        return compute()
    with heavy_job(heavy):
        return compute()


@st.cache_resource(show_spinner="Loading the network", max_entries=12)
def classifier(model_id: str) -> Classifier:
    """The network `model_id`, loaded and verified once per server and shared by all sessions.

    Raises:
        ValueError: for an id that is not in `trustai.zoo.catalog()`.

    >>> network = classifier("signs-resnet18")                             # doctest: +SKIP
    """
    # Here and not above: pages that show no network must not wait for torch.
    import trustai.zoo

    return trustai.zoo.load(model_id, kind=trustai.zoo.Classifier)


@st.cache_resource(show_spinner="Loading the network", max_entries=12)
def tabular_model(model_id: str) -> TabularModel:
    """The network of a table, as `classifier` is one of pictures.

    Raises:
        ValueError: for an id that is not in `trustai.zoo.catalog()`, or of a network of pictures.
    """
    import trustai.zoo

    return trustai.zoo.load(model_id, kind=trustai.zoo.TabularModel)
