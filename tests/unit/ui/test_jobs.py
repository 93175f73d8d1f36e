"""Heavy jobs: bounded, in order, and the slot comes back however a job ends."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import torch
from streamlit.runtime.scriptrunner import StopException

from trustai.ui.kit import jobs
from trustai.ui.kit.jobs import (
    JobQueue,
    heavy_job,
    waiting_text,
)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> JobQueue:
    queue = JobQueue(2)
    monkeypatch.setattr("trustai.ui.kit.jobs.queue.job_queue", lambda: queue)
    return queue


def _run(number: int, work: object) -> None:
    threads = [threading.Thread(target=work) for _ in range(number)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def test_never_more_at_once_than_slots(queue: JobQueue) -> None:
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
    queue: JobQueue, error: type[BaseException]
) -> None:
    for _ in range(5):
        with pytest.raises(error), heavy_job("testing"):
            raise error
    ticket = queue.join()
    assert queue.wait(ticket, timeout=0)
    queue.leave(ticket)


def test_stopped_in_line_the_place_is_given_up(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [queue.join(), queue.join()]
    assert all(queue.wait(ticket, timeout=0) for ticket in held)

    def stop(*_: object) -> None:
        raise StopException

    monkeypatch.setattr("trustai.ui.kit.jobs.queue._wait_in_line", stop)
    with pytest.raises(StopException), heavy_job("testing"):
        pytest.fail("there was no slot")
    queue.leave(held[0])
    later = queue.join()
    assert queue.ahead(later) == 0
    assert queue.wait(later, timeout=0)


def test_first_come_first_served() -> None:
    queue = JobQueue(1)
    first, second, third = queue.join(), queue.join(), queue.join()
    assert not queue.wait(second, timeout=0)
    assert queue.wait(first, timeout=0)
    assert (queue.ahead(second), queue.ahead(third)) == (0, 1)
    queue.leave(first)
    assert not queue.wait(third, timeout=0)
    assert queue.wait(second, timeout=0)


def test_a_job_within_a_job_does_not_wait_for_itself(queue: JobQueue) -> None:
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
        JobQueue(0)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 8),
        ({"cpu.max": "max 100000\n"}, 8),
        ({"cpu.max": "200000 100000\n"}, 2),
        ({"cpu.max": "150000 100000\n"}, 1),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "1600000 100000\n"}, 8),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu.max": "\n"}, 8),
    ],
)
def test_processors_are_those_that_may_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], expected: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert jobs.processors(cgroups=tmp_path) == expected


def test_jobs_beside_each_other_share_the_processors(queue: JobQueue) -> None:
    seen = []
    assert queue.threads() == 2
    with heavy_job("testing"):
        seen.append(torch.get_num_threads())
        with heavy_job("testing"):
            seen.append(torch.get_num_threads())
    assert seen == [2, 2]
    one = queue.join()
    assert queue.wait(one, timeout=1)
    with heavy_job("testing"):
        seen.append(torch.get_num_threads())
    queue.leave(one)
    assert seen[-1] == 1
