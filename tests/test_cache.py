"""The cache: what must not be believed, and what is not done twice."""

from __future__ import annotations

import os
import signal
import stat
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import pytest

from litestar_fix import api, engine
from litestar_fix.discovery import discover
from litestar_fix.errors import LitestarFixError
from litestar_fix.model import cache, chunks, contents, gather, isolation
from litestar_fix.model.cache import Store
from litestar_fix.result import Report
from litestar_fix.settings import Settings

ONE = Settings(select=("LSF204",))
FACTS = {b"k" * 16: msgspec.msgpack.encode("facts")}


@pytest.fixture
def folder(own_folders: Path) -> Path:
    return own_folders / "cache"


def kept(store: Store) -> dict[bytes, object]:
    return {key: msgspec.msgpack.decode(value) for key, value in store.facts().items()}


# ------------------------------------------------------------------------------------------------------ not believed
def test_nothing_is_kept_where_nothing_is_wanted(tmp_path: Path, folder: Path) -> None:
    Store.of(tmp_path, enabled=False).save_facts(FACTS)

    assert not folder.exists()


def test_nothing_is_kept_within_the_scanned_tree(tmp_path: Path) -> None:
    Store(tmp_path, tmp_path / ".cache").save_facts(FACTS)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "other magic", "no msgpack"])
def test_a_damaged_cache_is_ignored(tmp_path: Path, folder: Path, damage: str) -> None:
    Store.of(tmp_path).save_facts(FACTS)
    (file,) = folder.iterdir()
    content = file.read_bytes()
    payload = b"\xc1"
    file.write_bytes(
        {
            "empty": b"",
            "cut": content[:-1],
            "flipped": content[:-2] + bytes([content[-2] ^ 1]) + content[-1:],
            "other magic": b"X" + content[1:],
            "no msgpack": content[: content.index(b"\n") + 17] + crc32(payload).to_bytes(4, "big") + payload,
        }[damage]
    )

    store = Store.of(tmp_path)

    assert store.facts() == {}
    store.save_facts(FACTS)
    assert kept(store) == {b"k" * 16: "facts"}


def test_a_cache_of_another_version_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.of(tmp_path).save_facts(FACTS)
    monkeypatch.setattr(cache, "tool_identity", lambda: b"v" * 16)

    assert Store.of(tmp_path).facts() == {}


def test_a_linked_or_foreign_cache_is_ignored(tmp_path: Path, folder: Path) -> None:
    store = Store.of(tmp_path)
    store.save_facts(FACTS)
    (file,) = folder.iterdir()

    file.chmod(0o622)
    assert store.facts() == {}

    file.chmod(0o600)
    moved = file.rename(folder / "moved")
    file.symlink_to(moved)
    assert store.facts() == {}


def test_a_link_is_not_written_through(tmp_path: Path, folder: Path) -> None:
    store = Store.of(tmp_path)
    store.save_facts(FACTS)
    (file,) = folder.iterdir()
    file.unlink()
    victim = tmp_path / "victim"
    victim.write_text("precious")
    file.symlink_to(victim)

    store.save_facts(FACTS)

    assert victim.read_text() == "precious"
    assert kept(store) == {b"k" * 16: "facts"}


def test_a_folder_that_others_can_write_is_not_used(tmp_path: Path, folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)

    Store.of(tmp_path).save_facts(FACTS)

    assert list(folder.iterdir()) == []


def test_a_cache_that_cannot_be_written_stops_nothing(tmp_path: Path, folder: Path) -> None:
    folder.write_text("a file where the folder should be")

    Store.of(tmp_path).save_facts(FACTS)

    assert Store.of(tmp_path).facts() == {}


# --------------------------------------------------------------------------------------------------------------- kept
def test_the_cache_is_private(tmp_path: Path, folder: Path) -> None:
    Store.of(tmp_path).save_facts(FACTS)

    (file,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("own", "xdg", "home", "expected"),
    [
        ("/a", "/b", "/c", "/a"),
        ("", "/b", "/c", "/b/litestar-fix"),
        ("", "relative", "/c", "/c/.cache/litestar-fix"),
        ("", "", "/c", "/c/.cache/litestar-fix"),
    ],
)
def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, own: str, xdg: str, home: str, expected: str) -> None:
    monkeypatch.setenv("LITESTAR_FIX_CACHE_DIR", own)
    monkeypatch.setenv("XDG_CACHE_HOME", xdg)
    monkeypatch.setenv("HOME", home)

    assert cache.cache_folder() == Path(expected)


def test_results_are_kept_until_they_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MAX_RESULT_BYTES", 1000)
    store = Store.of(tmp_path)
    for number in range(10):
        store.save_result(b"%016d" % number, msgspec.msgpack.encode(b"x" * 300))

    assert [number for number in range(10) if store.result(b"%016d" % number)] == [7, 8, 9]


# ---------------------------------------------------------------------------------------------------------- gathering
def sources_of(root: Path) -> contents.Sources:
    return contents.hash_files(root, discover([root], Settings(), root).files)


def test_one_changed_file_costs_one_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        (tmp_path / f"{name}.py").write_text(f"name = '{name}'\n")
    store = Store.of(tmp_path)
    gather.gather(tmp_path, sources_of(tmp_path), store)
    collected: list[str] = []
    collect_chunk = chunks.collect_chunk

    def counted(chunk: list[chunks.Content]) -> list[chunks.Collected]:
        collected.extend(path for _, path, _ in chunk)
        return collect_chunk(chunk)

    monkeypatch.setattr(isolation, "is_possible", lambda: False)
    monkeypatch.setattr(chunks, "collect_chunk", counted)
    (tmp_path / "b.py").write_text("name = 'other'\n")
    gathered = gather.gather(tmp_path, sources_of(tmp_path), store)

    assert collected == ["b.py"]
    assert sorted(gathered.modules) == ["a.py", "b.py", "c.py"]


def test_files_of_equal_content_share_their_facts(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("def same(): ...\n")

    modules = gather.gather(tmp_path, sources_of(tmp_path), Store(tmp_path, None)).modules

    assert {path: module.path for path, module in modules.items()} == {"a.py": "a.py", "b.py": "b.py"}
    assert modules["a.py"].functions is modules["b.py"].functions


def test_a_file_that_cannot_be_analysed_is_named_and_the_others_are_done(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("x = 1\n")
    (tmp_path / "bad.py").write_text("def broken(:\n")
    (tmp_path / "foreign.py").write_bytes(b"# coding: klingon\nx = 1\n")

    gathered = gather.gather(tmp_path, sources_of(tmp_path), Store(tmp_path, None))

    assert list(gathered.modules) == ["good.py"]
    assert sorted(gathered.unreadable) == ["bad.py", "foreign.py"]
    assert "line 1" in gathered.unreadable["bad.py"]


def test_a_file_that_changes_meanwhile_does_not_enter_the_cache(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = 1\n")
    sources = sources_of(tmp_path)
    file.write_text("x = 2\n")
    store = Store.of(tmp_path)

    gathered = gather.gather(tmp_path, sources, store)

    assert gathered.unreadable == {"a.py": contents.CHANGED}
    assert store.facts() == {}


def test_a_file_that_vanishes_is_named(tmp_path: Path) -> None:
    sources = contents.hash_files(tmp_path, ["gone.py"])

    assert sources.unreadable == {"gone.py": "cannot be read: No such file or directory"}


@pytest.mark.parametrize("kind", ["processes", "executor", "here"])
def test_facts_are_the_same_wherever_they_are_collected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(chunks, "_WORTH_PROCESSES", 100)
    monkeypatch.setattr(chunks, "_CHUNK_BYTES", 100)
    monkeypatch.setattr(chunks, "_WORTH_EXECUTOR", 100)
    monkeypatch.setattr(chunks, "_HANDED_BYTES", 100)
    for number in range(40):
        (tmp_path / f"m{number}.py").write_text(f"def function_{number}(): ...\n")
    told: list[tuple[int, int]] = []
    with ThreadPoolExecutor(2) as pool:
        gathered = gather.gather(
            tmp_path,
            sources_of(tmp_path),
            Store(tmp_path, None),
            executor=pool if kind == "executor" else None,
            jobs=1 if kind == "here" else 2,
            progress=lambda done, total: told.append((done, total)),
        )

    names = {path: module.functions[0].name for path, module in gathered.modules.items()}
    assert names == {f"m{number}.py": f"function_{number}" for number in range(40)}


class Helper(Executor):
    """An executor that does at once what it is given, or fails at it."""

    def __init__(self, outcome: str) -> None:
        self.outcome = outcome
        self.given: list[Any] = []

    def submit(self, function: Any, /, *arguments: Any, **_: Any) -> Future[Any]:
        self.given += arguments
        if self.outcome == "away":
            raise OSError("nobody is there")
        future: Future[Any] = Future()
        match self.outcome:
            case "helps":
                future.set_result(function(*arguments))
            case "fails":
                future.set_exception(RuntimeError("its worker was lost"))
            case "cancelled":
                future.cancel()
        return future


@pytest.mark.parametrize("outcome", ["helps", "away", "fails", "cancelled", "never answers"])
def test_nobody_waits_for_a_helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: str) -> None:
    monkeypatch.setattr(chunks, "_WORTH_EXECUTOR", 100)
    monkeypatch.setattr(chunks, "_HANDED_BYTES", 100)
    for number in range(400):
        (tmp_path / f"m{number}.py").write_text(f"def function_{number}(): ...\n")
    (tmp_path / "bad.py").write_text("def (:\n")
    helper = Helper(outcome)

    helped = gather.gather(tmp_path, sources_of(tmp_path), Store(tmp_path, None), executor=helper)

    assert helped == gather.gather(tmp_path, sources_of(tmp_path), Store(tmp_path, None))
    assert len(helped.modules) == 400
    assert list(helped.unreadable) == ["bad.py"]
    assert len(helper.given) == 1 if outcome == "away" else len(helper.given) > 60


def test_a_small_project_asks_nobody_for_help(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("ONE = 1\n")
    helper = Helper("helps")

    gather.gather(tmp_path, sources_of(tmp_path), Store(tmp_path, None), executor=helper)

    assert not helper.given


@pytest.mark.skipif(not isolation.is_possible(), reason="no copies of the process here")
def test_a_file_that_crashes_a_helper_is_named_and_the_others_of_its_chunk_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collect_chunk = chunks.collect_chunk

    def crash(chunk: Any) -> Any:
        if any(path == "bad.py" for _, path, _ in chunk):
            os.kill(os.getpid(), signal.SIGKILL)
        return collect_chunk(chunk)

    monkeypatch.setattr(chunks, "collect_chunk", crash)
    chunk = [(cache.digest(b"ONE = 1\n"), path, b"ONE = 1\n") for path in ("one.py", "bad.py", "two.py")]

    collected = chunks.collect_apart(1000, chunk)

    reasons = [reason for _, _, reason in collected]
    assert sorted(reasons) == ["", "", "takes too long or too much memory to parse"]


def test_a_killed_worker_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "is_possible", lambda: False)
    monkeypatch.setattr(chunks, "_WORTH_PROCESSES", 0)
    monkeypatch.setattr(chunks, "collect_chunk", _killed)
    (tmp_path / "a.py").write_text("x = 1\n")

    with pytest.raises(LitestarFixError, match="a worker process was killed"):
        gather.gather(tmp_path, sources_of(tmp_path), Store(tmp_path, None), jobs=2)


def _killed(_: object) -> None:
    os._exit(9)


# ------------------------------------------------------------------------------------------------------------ results
@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the engine was asked to do, in order."""
    asked: list[str] = []
    check, fix = engine.Engine.check, engine.Engine.fix

    def counted_check(self: engine.Engine) -> Report:
        asked.append("check")
        return check(self)

    def counted_fix(self: engine.Engine, **how: Any) -> Report:
        asked.append("dry run" if how["dry_run"] else "fix")
        return fix(self, **how)

    monkeypatch.setattr(engine.Engine, "check", counted_check)
    monkeypatch.setattr(engine.Engine, "fix", counted_fix)
    return asked


def booking(root: Path) -> Path:
    (root / "app.py").write_text(
        "from litestar import Litestar, get\n\n\n"
        "@get('/rooms')\ndef list_rooms() -> list[str]:\n    return ['blue']\n\n\n"
        "app = Litestar([list_rooms])\n"
    )
    return root


def test_an_unchanged_project_is_answered_from_the_cache(tmp_path: Path, runs: list[str]) -> None:
    root = booking(tmp_path)
    first = api.check([root], ONE)

    assert api.check([root], ONE) == first
    assert runs == ["check"]
    assert len(first.findings) == 1


@pytest.mark.parametrize(
    "change", ["content", "new file", "settings", "selection", "target", "manifest", "mode", "no cache"]
)
def test_whatever_a_result_depends_on_makes_a_new_one(tmp_path: Path, runs: list[str], change: str) -> None:
    root = booking(tmp_path)
    (root / "empty.py").touch()
    api.check([root], ONE)

    match change:
        case "content":
            (root / "app.py").write_text("x = 1\n")
        case "new file":
            (root / "other.py").write_text("x = 1\n")
        case "manifest":
            (root / "requirements.txt").write_text("litestar==2.0\n")
    other = {"settings": Settings(select=("LSF204",), min_repeats=4), "selection": Settings(select=("LSF603",))}
    settings = other.get(change, ONE)
    paths = [root / "empty.py"] if change == "target" else [root]
    if change == "mode":
        api.fix(paths, settings, dry_run=True)
    else:
        api.check(paths, settings, root=root, run=api.Run(cache=change != "no cache"))

    assert len(runs) == 2


def test_a_fix_is_not_answered_from_the_cache_until_there_is_nothing_to_do(tmp_path: Path, runs: list[str]) -> None:
    root = booking(tmp_path)
    planned = api.fix([root], ONE, dry_run=True)
    done = api.fix([root], ONE)
    nothing = api.fix([root], ONE)
    again = api.fix([root], ONE)

    assert planned.changes == done.changes
    assert (nothing.changes, again.changes) == ((), ())
    assert (planned.dry_run, again.dry_run) == (True, False)
    assert runs == ["dry run", "fix", "fix"]
    assert api.fix([root], ONE, dry_run=True).dry_run
    assert len(runs) == 3


def test_a_file_that_cannot_be_analysed_is_still_named_from_the_cache(tmp_path: Path, runs: list[str]) -> None:
    root = booking(tmp_path)
    (root / "bad.py").write_text("def broken(:\n")
    first = api.check([root], ONE)

    assert [problem.path for problem in first.problems] == ["bad.py"]
    assert api.check([root], ONE) == first
    assert runs == ["check"]


def test_a_manifest_that_does_not_parse_is_a_problem(tmp_path: Path, runs: list[str]) -> None:
    root = booking(tmp_path)
    (root / "pyproject.toml").write_text("[tool.\nx = = 1\n")
    first = api.check([root], ONE)

    assert [problem.path for problem in first.problems] == ["pyproject.toml"]
    assert len(first.findings) == 1
    assert api.check([root], ONE) == first
    assert runs == ["check"]


def test_what_was_skipped_is_looked_at_in_every_run(tmp_path: Path, runs: list[str]) -> None:
    root = booking(tmp_path)
    api.check([root], ONE)
    os.mkfifo(root / "pipe.py")

    report = api.check([root], ONE)

    assert [item.path for item in report.skipped] == ["pipe.py"]
    assert runs == ["check"]


def test_a_dry_run_from_the_cache_knows_what_has_become_read_only(tmp_path: Path) -> None:
    app = tmp_path / "app.py"
    app.write_text("from litestar import get\n\n\n@get('/')\ndef tides() -> None: ...\n")

    def dry() -> list[str]:
        return [problem.reason for problem in api.fix([tmp_path], ONE, dry_run=True, root=tmp_path).problems]

    assert (dry(), dry()) == ([], [])
    app.chmod(0o444)
    assert (dry(), dry()) == (["left alone: it is read-only"], ["left alone: it is read-only"])
    app.chmod(0o644)
    assert dry() == []
