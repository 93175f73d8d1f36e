"""The bar of a long computation: its estimate, its stop, and how it continues."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Any, TypeVar

import streamlit as st

R = TypeVar("R")

PARTIAL = "trustai__partial"

SHOWN_AFTER = 0.5
"""Seconds after which a bar is shown that nobody expected to be needed."""


def seconds_left(share: float, elapsed: float, expected: float = 0) -> str:
    """How long the rest takes at the pace so far.

    Args:
        share: Done, in ``[0, 1]``.
        elapsed: Seconds so far.
        expected: Seconds that all of it took when it was measured; 0 if nobody knows.

    >>> seconds_left(0.25, 10), seconds_left(0, 0, expected=12), seconds_left(0.5, 300)
    ('about 30 s left', 'about 12 s left', 'about 5 min left')
    """
    if share <= 0 and not expected:
        return "the time is being estimated"
    left = elapsed * (1 - share) / share if share > 0 else max(expected - elapsed, 0)
    return f"{duration(left)} left"


def duration(seconds: float) -> str:
    """An estimate in words, in seconds or from two minutes on in minutes.

    >>> duration(0.2), duration(95), duration(980)
    ('about 1 s', 'about 95 s', 'about 16 min')
    """
    return f"about {max(1, round(seconds))} s" if seconds < 120 else f"about {seconds / 60:.0f} min"


class Stopped(Exception):
    """A person stopped a computation. `shown_errors` ends the view there; `Countdown` has said it
    on the page already and offers to continue.

    Attributes:
        partial: What `Countdown.keep` was given last, or None.
    """

    def __init__(self, what: str, partial: Any = None) -> None:
        super().__init__(what)
        self.partial = partial


class Countdown:
    """The bar of one long computation: an estimate, a button that stops it, one that continues.

    Its calls are an `OnProgress`: each is also where Streamlit can stop the script. What takes less
    than half a second shows nothing.

    Args:
        what: What is being done, in words that begin a sentence.
        expected: Seconds that it took when it was measured; 0 if nobody knows. With a second or
            more the bar stands there from the beginning.
        place: Where it stands; None: here.

    >>> bar = Countdown("Attacking one picture")                           # doctest: +SKIP
    >>> result = cached_call(lambda: call(on_progress=bar), ..., bar=bar)  # doctest: +SKIP
    """

    def __init__(self, what: str, *, expected: float = 0, place: Any = None) -> None:
        self.what, self.expected = what, expected
        self._place = st.empty() if place is None else place
        self._key, self._started = "", time.perf_counter()
        self._bar: Any = None

    def __call__(self, share: float) -> None:
        elapsed = time.perf_counter() - self._started
        if self._bar is None:
            if self.expected < 1 and elapsed < SHOWN_AFTER:
                return
            self._bar = self._with_stop()
        left = seconds_left(share, elapsed, self.expected)
        self._bar.progress(min(1.0, share), text=f"{self.what}: {left}.")

    def _with_stop(self) -> Any:
        with self._place.container():
            bar = st.empty()
            # Any click stops the script; that a computation with a key was stopped is remembered.
            keys = [self._key] if self._key else []
            st.button("Stop", icon=":material/stop:", key=_button("stop", self._key or self.what),
                      on_click=_stopped().update, args=(keys,))  # fmt: skip
        return bar

    @contextmanager
    def running(self, key: str) -> Iterator[None]:
        """Show the bar while the block runs; nothing is left of it afterwards.

        Args:
            key: Of this computation alone, as of `cache_key`.

        Raises:
            Stopped: this computation was stopped before, and nobody wanted it to continue.
        """
        self.refuse(key)
        self._key, self._started, self._bar = key, time.perf_counter(), None
        self(0)
        try:
            yield
        except Exception:
            self._end()
            raise
        self._end()  # not where Streamlit ends the script: a person may have pressed Stop

    def keep(self, partial: Any) -> None:
        """What is known so far, for the page that shows it when the computation was stopped.

        Args:
            partial: Without tensors. Of the last computation of a session only.
        """
        st.session_state[PARTIAL] = (self._key, partial)

    def _end(self) -> None:
        self._key = ""
        st.session_state.pop(PARTIAL, None)
        if self._bar is not None:
            self._place.empty()

    def beside(self, compute: Callable[[], R]) -> R:
        """`compute()` in a thread of its own, for what reports nothing: the bar follows the clock.

        When it is stopped, nobody waits any longer; the thread comes to its end and is forgotten.

        Args:
            compute: Must not write to the page.
        """
        found: Future[R] = Future()

        def work() -> None:
            try:
                found.set_result(compute())
            except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
                found.set_exception(error)

        threading.Thread(target=work, daemon=True).start()
        while not wait([found], timeout=0.3).done:
            elapsed = time.perf_counter() - self._started
            self(elapsed / max(self.expected, 1.2 * elapsed))
        return found.result()

    def refuse(self, key: str) -> None:
        """Raise `Stopped` if this computation was stopped, and offer to continue it."""
        if key not in _stopped():
            return
        with self._place.container():
            st.caption(f"{self.what}: you stopped this computation.")
            st.button("Continue", icon=":material/play_arrow:", key=_button("continue", key),
                      on_click=_stopped().discard, args=(key,))  # fmt: skip
        of, partial = st.session_state.get(PARTIAL, ("", None))
        raise Stopped(self.what, partial if of == key else None)


def _stopped() -> set[str]:
    """Keys of what was stopped in this session."""
    found: set[str] = st.session_state.setdefault("trustai__stopped", set())
    return found


def _button(what: str, key: str) -> str:
    return f"{what}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
