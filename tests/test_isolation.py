"""A file that crashes, hangs or exhausts a parser costs that file, and the others are done."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from litestar_fix import api
from litestar_fix.finding import State
from litestar_fix.model import collect as collecting
from litestar_fix.model import isolation, parsing
from litestar_fix.model.cache import Store
from litestar_fix.model.contents import hash_files
from litestar_fix.model.gather import gather
from litestar_fix.model.isolation import perform
from litestar_fix.settings import Settings
from tests.plugin import engine, renaming, write

pytestmark = pytest.mark.skipif(not isolation.is_possible(), reason="needs fork")

ROOMS = """\
from litestar import Litestar, get


@get("/rooms")
def list_rooms() -> list[str]:
    return ["blue"]


app = Litestar([list_rooms])
"""


def spin() -> bytes:
    while True:
        pass


def crash() -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return b""


def devour() -> bytes:
    return bytes(2**40)


def leave() -> bytes:
    os._exit(3)


def fail() -> bytes:
    raise KeyError("a bug")


def results(*tasks: Callable[[], bytes], **keywords: Any) -> dict[int, tuple[bytes, str]]:
    return {item.number: (item.content, item.error) for item in perform(tasks, **keywords)}


@pytest.mark.parametrize("jobs", [1, 2, 8])
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (crash, "crashes the parser (SIGSEGV)"),
        (spin, "takes more than 1 s to parse"),
        (devour, "takes too much memory to parse"),
        (leave, "its parser ended the process with 3"),
        (fail, "KeyError: 'a bug'"),
    ],
)
def test_a_lost_task_costs_itself(bad: Callable[[], bytes], reason: str, jobs: int) -> None:
    done = results(lambda: b"a", bad, lambda: b"c" * 3_000_000, bad, lambda: b"e", jobs=jobs, seconds=1)

    assert done == {0: (b"a", ""), 1: (b"", reason), 2: (b"c" * 3_000_000, ""), 3: (b"", reason), 4: (b"e", "")}
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_healthy_tasks_pay_little() -> None:
    results(lambda: b"")
    times = []
    for _ in range(5):
        start = time.process_time()  # not the clock's: other programs run, too
        results(lambda: b"")
        times.append(time.process_time() - start)

    assert min(times) < 0.02


def test_nothing_stays_behind_when_the_caller_stops() -> None:
    for _ in perform([lambda: b"a", spin], jobs=2):
        break
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


# ------------------------------------------------------------------------------------------------------ hostile files
HOSTILE = {
    "parentheses": "x = " + "(" * 10_000 + "1" + ")" * 10_000,
    "brackets": "x = " + "[" * 150 + "]" * 150,
    "sum": "x = " + " + ".join(["1"] * 10_000),
    "calls": "x = a" + ".b(1)" * 3_000,
    "conjunction": "x = " + " and ".join(["a"] * 20_000),
    "dotted": "import " + ".".join(["a"] * 20_000),
    "elif": "if a: pass\n" + "elif b: pass\n" * 1_600,
    "else": "".join(f"{' ' * n}if a:\n{' ' * n} pass\n{' ' * n}else:\n" for n in range(90)) + " " * 90 + "pass",
    "integer": "x = 0x" + "f" * 100_000,
    "string": "x = '" + "a" * 500_000 + "'",
    "comments": "# noqa: LSF204\n" * 20_000,
    "unary": "x = " + "-" * 20_000 + "1",
    "indentation": "\t" * 101 + "x",
    "unfinished": "x = " + "{" * 60,
}
ODD = {
    "nul": b"x = 1\0\n",
    "mark_twice": b"\xef\xbb\xbf\xef\xbb\xbfx = 1\n",
    "utf16": ROOMS.encode("utf-16"),
    "no_codec": b"# coding: nope\nx = 1\n",
    "no_text_codec": b"# coding: hex\nx = 1\n",
    "latin_without_cookie": b"x = '\xe9'\n",
    "mark_and_cookie": b"\xef\xbb\xbf# coding: latin-1\nx = 1\n",
    "surrogate": b"x = '\xed\xa0\x80'\n",
}


def fixed(root: Path) -> tuple[dict[str, State], dict[str, str]]:
    """Fix everything; tell how the findings of each file ended, and what went wrong."""
    report = api.fix([root], Settings(select=("LSF204",)), root=root, run=api.Run(cache=False, jobs=1))
    return {item.path: item.state for item in report.findings}, {item.path: item.reason for item in report.problems}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_costs_its_own_file(tmp_path: Path, name: str) -> None:
    source = f"{ROOMS}{HOSTILE[name]}\n"
    write(tmp_path, a=ROOMS, hostile=source, z=ROOMS)

    states, problems = fixed(tmp_path)

    assert states["a.py"] is states["z.py"] is State.FIXED
    assert set(problems) <= {"hostile.py"}
    after = (tmp_path / "hostile.py").read_text()
    assert after == (source if problems else source.replace('"/rooms"', '"/rooms", sync_to_thread=False'))
    assert not any("\n" in reason for reason in problems.values())


@pytest.mark.parametrize("name", ODD)
def test_odd_bytes_cost_their_own_file(tmp_path: Path, name: str) -> None:
    write(tmp_path, a=ROOMS, odd=ODD[name], z=ROOMS)

    states, problems = fixed(tmp_path)

    assert states["a.py"] is states["z.py"] is State.FIXED
    assert set(problems) == {"odd.py"}
    assert (tmp_path / "odd.py").read_bytes() == ODD[name]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda source: b"\xef\xbb\xbf" + source,
        lambda source: b"# coding: latin-1\nx = '\xe9'\n" + source,
        lambda source: source.replace(b"\n", b"\r\n"),
        lambda source: source.replace(b"\n", b"\r\n", 3),
        lambda source: b"x = 1\x0c\n\x0c\n" + source,
        lambda source: "x = 'a\u2028b\x85c\x0bd'\n".encode() + source,
        lambda source: source.rstrip(b"\n"),
        lambda source: b"# coding: cp932\nx = '\x95\\'\n" + source,
        lambda source: source + b"y = 1 \\\n  + 2   \n\tif 0 else 3\n".replace(b"\n\tif", b"\\\n\tif"),
    ],
)
def test_every_other_byte_stays(tmp_path: Path, wrap: Callable[[bytes], bytes]) -> None:
    source = wrap(ROOMS.encode())
    write(tmp_path, odd=source)

    assert fixed(tmp_path) == ({"odd.py": State.FIXED}, {})
    assert (tmp_path / "odd.py").read_bytes() == source.replace(b'"/rooms"', b'"/rooms", sync_to_thread=False')


def test_a_pattern_that_keeps_libcst_busy_for_hours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = f"match old():\n    case {'(' * 60}1{')' * 60}: pass\nold()\n"
    write(tmp_path, a="old()\n", bomb=bomb, z="old()\n")
    monkeypatch.setattr(isolation, "SECONDS", 1)
    monkeypatch.setattr(isolation.perform, "__kwdefaults__", {**(isolation.perform.__kwdefaults__ or {}), "seconds": 1})

    start = time.monotonic()
    report = engine(tmp_path, renaming("old", "len")).fix(unsafe=False, dry_run=False)

    assert [(item.path, item.state) for item in report.findings] == [
        ("a.py", State.FIXED),
        ("bomb.py", State.ERROR),
        ("bomb.py", State.ERROR),
        ("z.py", State.FIXED),
    ]
    assert all("takes more than 1 s to parse" in problem.reason for problem in report.problems)
    assert time.monotonic() - start < 60
    assert (tmp_path / "bomb.py").read_text() == bomb


def test_a_parser_that_crashes_while_facts_are_collected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = parsing.parse

    def parse(path: str, content: bytes) -> Any:
        if b"crash" in content:
            crash()
        return real(path, content)

    monkeypatch.setattr(collecting, "parse", parse)
    for number in range(6):
        write(tmp_path, **{f"file{number}": f"x = {number}\n"})
    write(tmp_path, bad="crash\n")
    found = sorted(path.name for path in tmp_path.glob("*.py"))

    gathered = gather(tmp_path, hash_files(tmp_path, found), Store(tmp_path, None), jobs=2)

    assert gathered.unreadable == {"bad.py": "crashes the parser (SIGSEGV)"}
    assert sorted(gathered.modules) == [f"file{number}.py" for number in range(6)]


def test_expensive_tasks_are_shared_first() -> None:
    assert isolation._shares([1, 1, 8, 1, 3, 1], 2) == [[2], [4, 0, 1, 3, 5]]
    assert isolation._shares([1], 4) == [[0]]
    assert isolation._shares([5, 4, 3, 4], 2, ["", "a", "", "a"]) == [[1, 3], [0, 2]]
