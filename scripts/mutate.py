"""Mutation testing of practices: does a golden case notice when a rule or a codemod is wrong?

``python scripts/mutate.py generic_http_exception`` changes one place of the rule and of the codemod at a time (a
comparison, a condition, a constant, what is returned, a statement that goes) and runs the golden cases of that practice
until one fails. Mutants that none notices are printed; ``--write`` puts the scores into ``docs/mutation.md``.

mutmut and cosmic-ray copy the project or start pytest anew for every mutant. Here the cases run in a process that is
forked from one that has imported everything, so a mutant costs about a second.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from mutations import Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "codemods")]

PAGE = ROOT / "docs" / "mutation.md"
HEAD = """\
# Mutation testing

How many single-place changes of a rule and its codemod the golden cases of that practice notice, as
`python scripts/mutate.py <stem> --write` measures it. Killed: a case failed, crashed or hung. Messages and texts are
mutated, too. Where a practice has many mutants, a sample of them is tried, chosen with a fixed seed. Survivors are
looked at one by one: what changes no behaviour stays, what does gets a case.

| practice | mutants | killed | score | sampled | date |
|---|---:|---:|---:|---|---|
"""
_SECONDS = 60
_MEMORY = 2 << 30


# ----------------------------------------------------------------------------------------------------------- the cases
def fails(stem: str, mutant: Mutant | None, order: Sequence[str]) -> str | None:
    """Run the golden cases of a practice in a forked process, with a mutant in it.

    Args:
        stem: the practice.
        mutant: the change; None for the code as it is.
        order: the names of the cases that are to be run first.

    Returns:
        The name of the first case that fails, '' where all pass.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        status = "died"
        try:
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            _silence()
            status = _first_failure(stem, mutant, order)
        finally:
            os.write(writing, status.encode())
            os._exit(0)
    os.close(writing)
    end = time.monotonic() + _SECONDS
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            break
        time.sleep(0.005)
    with os.fdopen(reading) as answer:
        return answer.read() or "hangs"


def _work_at_hand() -> None:
    """No processes within the process, facts collected once, and no waiting for the disk."""
    from tests.goldens import FactsAtHand

    from litestar_fix.model import cache, isolation

    isolation.is_possible = lambda: False
    cache.Store.of = lambda root, **_: FactsAtHand(root)  # type: ignore[method-assign]
    os.fsync = lambda _: None  # type: ignore[assignment]


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _first_failure(stem: str, mutant: Mutant | None, order: Sequence[str]) -> str:
    from tests import goldens, test_goldens

    from litestar_fix.api import Run, check, fix

    cases = [case for case in goldens.cases() if case.stem == stem]
    cases.sort(key=lambda case: order.index(case.name) if case.name in order else len(order))
    if mutant is not None:
        try:
            _install(mutant)
        except Exception:  # noqa: BLE001 (a module that cannot be imported is noticed)
            return "import"
    run = Run(jobs=1, cache=False)
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            copy = case.copy(Path(folder))
            found = check([copy], case.settings, root=copy, run=run)
            if found.problems or test_goldens.found(found) != sorted(case.findings):
                return case.name
            fixed = fix([copy], case.settings, unsafe_fixes=True, root=copy, run=run)
            if fixed.problems or goldens.tree(copy) != goldens.tree(case.after):
                return case.name
            shutil.rmtree(copy)
    return "-"


def _install(mutant: Mutant) -> None:
    """Run the changed source in the module that everybody has imported already."""
    module = _module(mutant.path)
    code = compile(mutant.tree, str(mutant.path), "exec")
    old = dict(vars(module))
    exec(code, vars(module))
    for name, value in vars(module).items():
        before = old.get(name)
        if isinstance(value, type) and isinstance(before, type) and before.__module__ == module.__name__:
            _replace(before, value)


def _replace(old: type, new: type) -> None:
    """Those who imported a class or function by name get the new one."""
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        for name, value in list(names.items()):
            if value is old:
                names[name] = new


def _module(path: Path) -> ModuleType:
    package = "litestar_codemods" if "codemods" in path.parts else "litestar_fix.rules"
    return importlib.import_module(f"{package}.{path.stem}")


# ---------------------------------------------------------------------------------------------------------------- main
def main(arguments: Sequence[str] | None = None) -> int:
    """Mutate practices and print what survives."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("stems", nargs="+", help="practices, by the stem of their files")
    parser.add_argument("--sample", type=int, default=0, help="only so many mutants of each practice, chosen evenly")
    parser.add_argument("--write", action="store_true", help="put the scores into docs/mutation.md")
    given = parser.parse_args(arguments)
    os.environ.setdefault("XDG_STATE_HOME", tempfile.mkdtemp())
    return max(_mutate(stem, given.sample, write=given.write) for stem in given.stems)


def _mutate(stem: str, sample: int, *, write: bool) -> int:
    homes = (ROOT / "src/litestar_fix/rules", ROOT / "codemods/litestar_codemods")
    paths = [path for home in homes if (path := home / f"{stem}.py").exists()]  # a rule without a fix has no codemod
    for name in ("tests.test_goldens", "litestar_fix.engine", "litestar_fix.apply"):
        importlib.import_module(name)
    for path in paths:
        _module(path)
    _work_at_hand()
    _first_failure(stem, None, ())  # collects the facts, which no mutant changes
    if (first := fails(stem, None, ())) != "-":
        print(f"{stem}: {first} fails without any mutant")
        return 1
    every = [mutant for path in paths for mutant in mutants(path)]
    chosen = random.Random(0).sample(every, sample) if 0 < sample < len(every) else every
    order: list[str] = []
    survivors = []
    for mutant in chosen:
        name = fails(stem, mutant, order) or ""
        if name == "-":
            survivors.append(mutant)
            print(f"{mutant.path.relative_to(ROOT)}:{mutant.line}: {mutant.what}", flush=True)
        # what noticed one mutant is likely to notice the next
        order = [name, *[other for other in order if other != name]][:5]
    killed = len(chosen) - len(survivors)
    print(f"{stem}: {killed} of {len(chosen)} mutants killed, {_percent(killed, len(chosen))}")
    if write:
        _record(stem, len(chosen), killed, "" if len(chosen) == len(every) else f"of {len(every)}")
    return 0


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.1f} %"


def _record(stem: str, count: int, killed: int, sampled: str) -> None:
    rows = {}
    if PAGE.exists():
        rows = {found[1]: found[0] for found in re.finditer(r"^\| `(\w+)` .*$", PAGE.read_text("utf-8"), re.MULTILINE)}
    day = time.strftime("%Y-%m-%d", time.gmtime())
    rows[stem] = f"| `{stem}` | {count} | {killed} | {_percent(killed, count)} | {sampled} | {day} |"
    PAGE.write_text(HEAD + "".join(f"{rows[name]}\n" for name in sorted(rows)), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
