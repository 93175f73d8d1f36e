"""Heavy jobs: bounded, in order, and the slot comes back however a job ends."""

from __future__ import annotations

import threading
import time

import pytest
from streamlit.runtime.scriptrunner import StopException

from trustai.ui.kit import jobs
from trustai.ui.kit.jobs import (
    JobGate,
    heavy_job,
    waiting_text,
)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> JobGate:
    gate = JobGate(2)
    monkeypatch.setattr(jobs, "the_gate", lambda: gate)
    return gate


def _run(number: int, work: object) -> None:
    threads = [threading.Thread(target=work) for _ in range(number)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def test_never_more_at_once_than_slots(gate: JobGate) -> None:
    lock, running, most, done = threading.Lock(), 0, 0, 0

    def work() -> None:
        nonlocal running, most, done
        with heavy_job("testing"):
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.03)
            with lock:
                running -= 1
                done += 1

    _run(9, work)
    assert (most, done) == (2, 9)


@pytest.mark.parametrize("error", [ValueError, KeyError, StopException, KeyboardInterrupt])
def test_the_slot_comes_back_after_an_error_and_after_stop(
    gate: JobGate, error: type[BaseException]
) -> None:
    for _ in range(5):
        with pytest.raises(error), heavy_job("testing"):
            raise error
    ticket = gate.join()
    assert gate.wait(ticket, timeout=0)
    gate.leave(ticket)


def test_stopped_in_line_the_place_is_given_up(
    gate: JobGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [gate.join(), gate.join()]
    assert all(gate.wait(ticket, timeout=0) for ticket in held)

    def stop(*_: object) -> None:
        raise StopException

    monkeypatch.setattr(jobs, "_wait_in_line", stop)
    with pytest.raises(StopException), heavy_job("testing"):
        pytest.fail("there was no slot")
    gate.leave(held[0])
    later = gate.join()
    assert gate.ahead(later) == 0
    assert gate.wait(later, timeout=0)


def test_first_come_first_served() -> None:
    gate = JobGate(1)
    first, second, third = gate.join(), gate.join(), gate.join()
    assert not gate.wait(second, timeout=0)
    assert gate.wait(first, timeout=0)
    assert (gate.ahead(second), gate.ahead(third)) == (0, 1)
    gate.leave(first)
    assert not gate.wait(third, timeout=0)
    assert gate.wait(second, timeout=0)


def test_a_job_within_a_job_does_not_wait_for_itself(gate: JobGate) -> None:
    def work() -> None:
        with heavy_job("outer"):
            time.sleep(0.02)
            with heavy_job("inner"):
                pass

    _run(6, work)


def test_the_line_is_told_in_words() -> None:
    assert "you are next" in waiting_text("x", 0)
    assert "1 person is ahead of you" in waiting_text("x", 1)
    assert "3 people are ahead of you" in waiting_text("x", 3)


def test_no_slots_is_refused() -> None:
    with pytest.raises(ValueError, match="expected at least 1 slot, got 0"):
        JobGate(0)
