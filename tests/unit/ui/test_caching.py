"""One entry per result: every byte, parameter and seed counts; errors are not kept."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np
import pytest

from trustai.ui.kit import caching
from trustai.ui.kit.caching import (
    ResultCache,
    cache_key,
    cached_call,
    sha256_of,
)


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch) -> ResultCache:
    cache = ResultCache()
    monkeypatch.setattr(caching, "shared_cache", lambda: cache)
    return cache


def _call(array: np.ndarray, calls: list[int], **changes: object) -> float:
    def compute() -> float:
        calls.append(1)
        return float(array.sum())

    options = {"weights_sha": "w", "method": "sum", "parameters": {"eps": 0.1}, "seed": 0}
    return cached_call(compute, subject=None, inputs=[sha256_of(array)], **{**options, **changes})  # type: ignore[arg-type]


def test_two_large_pictures_that_differ_in_one_pixel_get_two_entries() -> None:
    # More than 500,000 elements: where st.cache_data begins to sample.
    one = np.zeros((1, 3, 512, 512), np.float32)
    calls: list[int] = []
    assert _call(one, calls) == 0
    for where in (0, 123_456, one.size - 1):
        other = one.copy()
        other.flat[where] = 1
        assert _call(other, calls) == 1
    assert len(calls) == 4
    _call(one.copy(), calls)
    assert len(calls) == 4


@pytest.mark.parametrize(
    "change",
    [{"weights_sha": "v"}, {"method": "mean"}, {"parameters": {"eps": 0.2}}, {"seed": 1}],
)
def test_whatever_decides_the_result_decides_the_entry(change: dict[str, object]) -> None:
    calls: list[int] = []
    array = np.ones(3)
    _call(array, calls)
    _call(array, calls)
    assert len(calls) == 1
    _call(array, calls, **change)
    assert len(calls) == 2


def test_sha_knows_dtype_shape_layout_and_order() -> None:
    a = np.arange(6, dtype=np.float32)
    assert sha256_of(a) != sha256_of(a.reshape(2, 3))
    assert sha256_of(np.zeros(2, np.float32)) != sha256_of(np.zeros(1, np.float64))
    assert sha256_of(a, a + 1) != sha256_of(a + 1, a)
    transposed = a.reshape(2, 3).T
    assert sha256_of(transposed) == sha256_of(np.ascontiguousarray(transposed))
    assert sha256_of(b"ab", b"c") != sha256_of(b"a", b"bc")
    with pytest.raises(ValueError, match="expected an array of numbers"):
        sha256_of(np.array([object()]))


def test_sha_of_a_tensor_is_that_of_its_array() -> None:
    torch = pytest.importorskip("torch")
    a = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert sha256_of(torch.from_numpy(a)) == sha256_of(a)
    assert sha256_of(torch.from_numpy(a).requires_grad_()) == sha256_of(a)


def test_key_of_a_dataclass_names_its_class() -> None:
    @dataclass(frozen=True)
    class A:
        eps: float = 1

    @dataclass(frozen=True)
    class B:
        eps: float = 1

    def key(parameters: object) -> str:
        return cache_key(weights_sha="", inputs=[], method="m", parameters=parameters)

    assert key(A()) == key(A()) != key(B()) != key(A(2))
    assert key({"n": np.int64(3)}) == key({"n": 3})
    with pytest.raises(ValueError, match=r"inputs=\[sha256_of"):
        key({"x": np.zeros(3)})


def test_errors_are_not_kept() -> None:
    attempts = []

    def fails_once() -> int:
        attempts.append(1)
        if len(attempts) == 1:
            raise ValueError("expected luck, got none")
        return 7

    with pytest.raises(ValueError, match="got none"):
        cached_call(fails_once, subject=None, weights_sha="", inputs=[], method="luck")
    assert cached_call(fails_once, subject=None, weights_sha="", inputs=[], method="luck") == 7


def test_nobody_can_change_what_another_one_gets() -> None:
    def get() -> np.ndarray:
        return cached_call(
            lambda: np.zeros(3), subject=None, weights_sha="", inputs=[], method="zeros"
        )

    get()
    get()[:] = 5
    assert (get() == 0).all()


def test_a_class_that_asks_for_the_same_computes_it_once() -> None:
    calls, results = [], []

    def slow() -> int:
        calls.append(1)
        time.sleep(0.2)
        return 42

    def ask() -> None:
        results.append(cached_call(slow, subject=None, weights_sha="", inputs=[], method="slow"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == [42] * 8
    assert len(calls) == 1


def test_after_a_failure_the_next_in_line_tries() -> None:
    calls, results = [], []

    def fails_first() -> int:
        calls.append(1)
        time.sleep(0.05)
        if len(calls) == 1:
            raise KeyError
        return 1

    def ask() -> None:
        try:
            results.append(
                cached_call(fails_first, subject=None, weights_sha="", inputs=[], method="f")
            )
        except KeyError:
            results.append(0)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(results) == [0, 1, 1, 1]
    assert len(calls) == 2


def test_the_store_is_bounded_in_entries_and_bytes() -> None:
    cache = ResultCache(max_entries=3, max_bytes=10_000)
    for number in range(5):
        cache.put(str(number), number)
        cache.get("0")
    assert len(cache) == 3
    assert cache.get("0")[0], "what was asked for last stays"
    assert not cache.get("1")[0]
    cache.put("large", bytes(9_900))
    assert cache.get("large")[0]
    assert len(cache) < 4
    cache.put("too large", bytes(20_000))
    assert not cache.get("too large")[0]
    cache.put("large", 1)
    assert cache.get("large") == (True, 1)
