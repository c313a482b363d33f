"""A batch on a Dask cluster: the same bytes as on this machine, also where a worker is killed in the middle."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from litestar_fix.batch import apart
from litestar_fix.batch.outcome import Status
from litestar_fix.batch.projects import Selection
from litestar_fix.batch.repository import Repository
from litestar_fix.batch.work import Job
from litestar_fix.cli import main
from tests.test_batch import RULES, SEVERAL, SLOW, git, repository

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.slow

_PATIENCE = 60


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Repositories, and a clock that stands still: the date is part of a commit."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setattr("litestar_fix.cli.batch.time", SimpleNamespace(time=lambda: 1_700_000_000))
    return [repository(tmp_path / "all" / f"r{number}", SEVERAL) for number in range(8)]


def commits(places: list[Path], name: str) -> dict[str, str]:
    clones = Path(f"{name}.work", "repositories")
    return {place.name: git(clones / place.name, "rev-parse", "litestar-fix") for place in places}


def batch(places: list[Path], name: str, *words: str) -> int:
    return main(["batch", *map(str, places), *RULES, "--state", name, *words])


def test_a_local_cluster_makes_the_same_bytes(places: list[Path]) -> None:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        assert batch(places, "far.db", "--dask", cluster.scheduler_address) == 0

    assert batch(places, "near.db", "-j", "1") == 0
    assert commits(places, "far.db") == commits(places, "near.db")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers, each a process of its own."""
    log = tmp_path / "scheduler.log"
    started: list[subprocess.Popen[bytes]] = []
    words = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    with log.open("wb") as file:
        scheduler = subprocess.Popen([sys.executable, "-m", "dask", *words], stderr=file, stdout=file, cwd=tmp_path)
    try:
        address = _address(log)
        for number in range(2):
            words = ["worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard", "--name", str(number)]
            folder = tmp_path / f"worker{number}"
            folder.mkdir()
            with (folder / "log").open("wb") as file:
                command = [sys.executable, "-m", "dask", *words, "--local-directory", str(folder)]
                started.append(subprocess.Popen(command, stderr=file, stdout=file, cwd=folder))
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=_PATIENCE)
        yield address, started
    finally:
        for process in (*started, scheduler):
            process.terminate()
            process.wait(_PATIENCE)


def _address(log: Path) -> str:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        found = re.search(r"tcp://127\.0\.0\.1:\d+", log.read_text())
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_a_worker_that_is_killed_costs_no_repository(
    places: list[Path],
    cluster: tuple[str, list[subprocess.Popen[bytes]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, workers = cluster
    from litestar_fix.batch.state import State

    fixed = State.fixed
    killed: list[object] = []

    def kill_first(self: State, outcome: object) -> None:
        fixed(self, outcome)  # type: ignore[arg-type]
        if not killed:
            killed.append(outcome)
            os.kill(workers[0].pid, signal.SIGKILL)

    monkeypatch.setattr(State, "fixed", kill_first)

    assert batch(places, "far.db", "--dask", address) == 0

    assert killed
    assert workers[0].wait(_PATIENCE) == -signal.SIGKILL
    assert workers[1].poll() is None
    monkeypatch.setattr(State, "fixed", fixed)
    assert batch(places, "near.db", "-j", "1") == 0
    assert commits(places, "far.db") == commits(places, "near.db")


def monorepo(folder: Path) -> Path:
    """A repository that is worth the help of a cluster: six megabytes, which cost little to be looked at."""
    files: dict[str, str | bytes] = dict(SEVERAL)
    for number in range(60):
        lines = (f"def tide_{number}_{line}(level):\n    return '{'ebb' * 600}', level\n" for line in range(55))
        files[f"tables/table{number}.py"] = "".join(lines)
    return repository(folder / "all" / "mono", files)


@pytest.mark.usefixtures("places")
def test_a_huge_repository_is_collected_by_all_workers(tmp_path: Path) -> None:
    mono = monorepo(tmp_path)

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
        distributed.get_task_stream(client) as stream,
    ):
        assert batch([mono], "far.db", "--dask", cluster.scheduler_address) == 0

    seen = {(entry["worker"], entry["key"].partition("-")[0]) for entry in stream.data}
    (outer,) = (worker for worker, function in seen if function == "done_apart")
    (other,) = (worker for worker, function in seen if function == "collect_apart")
    assert other != outer  # which itself has the process that does the rest
    assert batch([mono], "near.db", "-j", "1") == 0
    assert commits([mono], "far.db") == commits([mono], "near.db")


def keys(client: Any, word: str) -> dict[str, str]:
    """The tasks of that name that a worker is doing or is about to do, and which worker."""
    return {
        key: worker for worker, running in client.processing().items() for key in running if str(key).startswith(word)
    }


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("which", ["the one that helps", "the one that has it"])
def test_a_huge_repository_outlives_a_worker(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]], which: str
) -> None:
    import psutil  # type: ignore[import-untyped]

    address, workers = cluster
    mono = monorepo(tmp_path)
    lost: list[list[Any]] = []

    def kill() -> None:
        with distributed.Client(address, set_as_default=False) as client:
            names = {worker: info["id"] for worker, info in client.scheduler_info()["workers"].items()}
            while not (outer := keys(client, "done_apart")) or not keys(client, "collect_apart"):
                time.sleep(0.005)
            (holder,) = set(outer.values())
            victim = next(
                process
                for worker, name in names.items()
                for process in [workers[int(name)]]
                if (worker == holder) == (which == "the one that has it")
            )
            lost.append(psutil.Process(victim.pid).children(recursive=True))
            victim.kill()

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    assert batch([mono], "far.db", "--dask", address) == 0
    thread.join(_PATIENCE)

    assert sorted(worker.poll() is None for worker in workers) == [False, True]
    if which == "the one that has it":
        assert lost[0]
    assert not psutil.wait_procs(lost[0], _PATIENCE)[1]  # what it had started ends with it
    assert batch([mono], "near.db", "-j", "1") == 0
    assert commits([mono], "far.db") == commits([mono], "near.db")


def test_a_repository_that_takes_forever_holds_nobody_up(
    tmp_path: Path, places: list[Path], capfd: pytest.CaptureFixture[str]
) -> None:
    slow = repository(tmp_path / "all" / "slow", SEVERAL | {"slow": ""})
    command = SLOW.format(tmp_path / "pids")

    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        words = ("--dask", cluster.scheduler_address, "--verify-cmd", command, "--repository-timeout", "6")
        assert batch([slow, *places[:2]], "far.db", *words) == 2

    out, err = capfd.readouterr()
    assert sorted(out.splitlines()) == ["r0: done: litestar-fix", "r1: done: litestar-fix"]
    assert "slow: failed after waiting: it takes more than 6 s; --repository-timeout gives it more" in err
    for pid in (tmp_path / "pids").read_text().split():
        with pytest.raises(ProcessLookupError):
            os.killpg(int(pid), 0)


def test_a_process_that_ends_before_its_time_is_named(
    tmp_path: Path, places: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = (Job(Repository(place.name, str(place)), Selection()) for place in places[:2])
    monkeypatch.setattr(apart, "_idle", [])
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nkill -9 $$\n")
    program.chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", str(program))

        outcome = apart.done_apart(bad, 600)

    assert (outcome.name, outcome.status, outcome.reason) == ("r1", Status.FAILED, apart.ENDED)
    assert not apart._idle
    for _ in range(2):  # one that ended while it had nothing to do costs nobody anything
        assert apart.done_apart(good, 600).status is Status.OK
        first = apart._idle[0]
        assert apart.done_apart(good, 600).status is Status.OK
        assert apart._idle == [first]
        first._process.kill()
        first._process.wait()
    first.end()


def test_a_process_that_does_not_listen_is_ended(places: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_idle", [])
    monkeypatch.setattr(apart, "_GRACE", 0.0)
    job = Job(Repository("r0", str(places[0])), Selection())
    assert apart.done_apart(job, 600).status is Status.OK
    (process,) = apart._idle
    os.kill(process._process.pid, signal.SIGSTOP)

    outcome = apart.done_apart(job, 0.5)

    assert outcome.reason == "it takes more than 0.5 s; --repository-timeout gives it more"
    assert not apart._idle
    assert process._process.returncode == -signal.SIGKILL


def test_without_a_scheduler_that_is_the_reason(places: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert batch(places, "far.db", "--dask", "tcp://127.0.0.1:9") == 2

    assert "--dask tcp://127.0.0.1:9: there is no scheduler" in capsys.readouterr().err
    assert batch(places, "near.db", "--dask", "tcp://127.0.0.1:9", "-j", "2") == 2
    assert "give one of them" in capsys.readouterr().err
