from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apnet_desktop.errors import CtError, ProcessError, Stopped
from apnet_desktop.worker.client import Fault, Job, ProcessClient, Timing
from apnet_desktop.worker.shared_memory import SharedArray, SharedBlocks
from tests.worker import toy_process
from tests.worker.toy_process import Name, Number


@pytest.fixture
def client() -> Iterator[ProcessClient]:
    client = ProcessClient(toy_process.main, "toy")
    yield client
    client.close()


def _alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_job_reports_progress_and_answers(client: ProcessClient) -> None:
    seen: list[float] = []
    result = client.run("double", Number(value=21), lambda body: seen.append(body["value"]))
    assert result == {"value": 42.0}
    assert seen == pytest.approx([1 / 3, 2 / 3, 1])


def test_jobs_run_in_order(client: ProcessClient) -> None:
    order: list[int] = []
    jobs = [
        client.submit(Job(name="double", body={"value": n}, on_done=lambda job: order.append(job.number)))
        for n in range(10)
    ]
    assert [job.wait()["value"] for job in jobs] == [2.0 * n for n in range(10)]
    assert order == sorted(order)


def test_a_refusal_keeps_its_class_and_sentence(client: ProcessClient) -> None:
    with pytest.raises(CtError) as caught:
        client.run("refuse", Number(value=0))
    assert "a folder" in str(caught.value)
    assert client.run("double", Number(value=1)) == {"value": 2.0}


def test_a_bug_is_a_fault_without_its_text_and_the_process_lives_on(client: ProcessClient) -> None:
    client.run("double", Number(value=1))
    before = client.process_id
    with pytest.raises(Fault) as caught:
        client.run("fault", Number(value=0))
    assert str(caught.value) == "ZeroDivisionError"
    assert client.run("double", Number(value=1)) == {"value": 2.0}
    assert client.process_id == before


def test_out_of_memory_is_a_sentence(client: ProcessClient) -> None:
    with pytest.raises(ProcessError, match="memory"):
        client.run("memory", Number(value=0))


@pytest.mark.parametrize("killer", [signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP])
def test_a_death_is_noticed_within_two_seconds_and_the_next_job_works(client: ProcessClient, killer: int) -> None:
    client.run("double", Number(value=1))
    start = time.monotonic()
    with pytest.raises(ProcessError):
        client.run("die", Number(value=killer))
    assert time.monotonic() - start < 4  # the promise is 2 s; the rest is for a machine under load
    assert client.run("double", Number(value=4)) == {"value": 8.0}


def test_waiting_jobs_survive_the_death_of_the_process(client: ProcessClient) -> None:
    client.run("double", Number(value=1))
    dying = client.submit(Job(name="die", body={"value": int(signal.SIGKILL)}))
    waiting = client.submit(Job(name="double", body={"value": 3}))
    with pytest.raises(ProcessError):
        dying.wait()
    assert waiting.wait() == {"value": 6.0}


def test_an_answer_that_is_not_json_ends_the_process(client: ProcessClient) -> None:
    with pytest.raises(ProcessError, match="makes no sense"):
        client.run("garble", Number(value=0))
    assert client.run("double", Number(value=4)) == {"value": 8.0}


def test_stop_ends_the_job_at_once_and_a_new_process_warms(client: ProcessClient) -> None:
    client.run("double", Number(value=1))
    old = client.process_id
    job = client.submit(Job(name="sleep", body={"value": 60.0}))
    time.sleep(0.2)
    start = time.monotonic()
    client.stop()
    assert time.monotonic() - start < 0.3
    with pytest.raises(Stopped):
        job.wait()
    assert client.run("double", Number(value=5)) == {"value": 10.0}
    assert old is not None
    assert client.process_id != old
    assert not _alive(old)


def test_a_quick_job_is_answered_beside_the_job_in_hand_and_ends_with_it() -> None:
    client = ProcessClient(toy_process.with_quick_jobs, "toy")
    try:
        assert client.submit(Job(name="triple", body={"value": 1}, quick=True)).wait() == {"value": 3.0}
        long = client.submit(Job(name="sleep", body={"value": 60.0}))
        start = time.monotonic()
        assert client.submit(Job(name="triple", body={"value": 2}, quick=True)).wait() == {"value": 6.0}
        assert time.monotonic() - start < 1
        assert not long.done.is_set()
        client.stop()
        with pytest.raises(Stopped):
            long.wait()
        assert client.run("double", Number(value=1)) == {"value": 2.0}
        dying = client.submit(Job(name="die", body={"value": int(signal.SIGKILL)}))
        waiting = client.submit(Job(name="triple", body={"value": 4}, quick=True))
        with pytest.raises(ProcessError):
            dying.wait()
        assert waiting.done.wait(10)  # answered before the death, or ended by it: never forgotten
    finally:
        client.close()


def test_no_progress_ends_a_job() -> None:
    client = ProcessClient(toy_process.main, "toy", Timing(progress=1.0))
    try:
        with pytest.raises(ProcessError, match="without progress"):
            client.run("sleep", Number(value=30.0))
        assert client.run("double", Number(value=1)) == {"value": 2.0}
    finally:
        client.close()


def test_a_process_that_cannot_start_is_a_sentence() -> None:
    client = ProcessClient(toy_process.never_starts, "toy")
    try:
        with pytest.raises(ProcessError):
            client.run("double", Number(value=1))
    finally:
        client.close()


def test_close_leaves_no_process_and_ends_its_jobs(client: ProcessClient) -> None:
    client.run("double", Number(value=1))
    pid = client.process_id
    job = client.submit(Job(name="sleep", body={"value": 60.0}))
    client.close()
    with pytest.raises(Stopped):
        job.wait()
    assert pid is not None
    assert not _alive(pid)


def _blocks_on_disk() -> set[str]:
    return {path.name for path in Path("/dev/shm").glob(f"apnet-{os.getpid()}-*")}  # noqa: S108 - where Linux keeps them


def test_a_block_made_in_the_process_is_seen_here_and_removed() -> None:
    blocks = SharedBlocks()
    client = ProcessClient(toy_process.main, "toy")
    try:
        name = blocks.new_name()
        array = SharedArray.model_validate(client.run("fill", Name(name=name)))
        values = blocks.open(array)
        assert values.shape == (4, 5, 6)
        assert (values == 7).all()
        del values
        blocks.release(name)
        shared = blocks.share(np.arange(10))
        assert client.run("sum", shared) == {"value": 45.0}
    finally:
        client.close()
        blocks.release_all()
    assert not _blocks_on_disk()


def test_a_block_of_a_killed_process_is_removed() -> None:
    blocks = SharedBlocks()
    client = ProcessClient(toy_process.main, "toy")
    try:
        client.run("fill", Name(name=blocks.new_name()))
        with pytest.raises(ProcessError):
            client.run("die", Number(value=int(signal.SIGKILL)))
    finally:
        client.close()
        blocks.release_all()
    assert not _blocks_on_disk()


def test_a_block_that_is_not_ours_is_not_opened() -> None:
    with pytest.raises(ValueError, match="not one of ours"):
        SharedBlocks().open(SharedArray(name="apnet-1-1", shape=(1,), dtype="<i2"))


def _start_and_stop(times: int, seed: int) -> dict[str, Any]:
    """Starts jobs and stops them at random moments; what is left afterwards."""
    moments = random.Random(seed)
    client = ProcessClient(toy_process.main, "toy")
    try:
        client.run("double", Number(value=1))
        for _ in range(times):
            job = client.submit(Job(name="sleep", body={"value": 60.0}))
            time.sleep(moments.uniform(0, 0.3))
            client.stop()
            with pytest.raises(Stopped):
                job.wait()
        assert client.run("double", Number(value=2)) == {"value": 4.0}
    finally:
        client.close()
    return {"handles": len(list(Path("/proc/self/fd").iterdir()))}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts file handles as Linux shows them")
def test_many_stops_leak_nothing() -> None:
    before = _start_and_stop(2, seed=1)
    after = _start_and_stop(10, seed=2)
    assert after["handles"] <= before["handles"]


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts file handles as Linux shows them")
def test_a_thousand_stops_leak_nothing() -> None:
    before = _start_and_stop(2, seed=1)
    after = _start_and_stop(1000, seed=3)
    assert after["handles"] <= before["handles"]
