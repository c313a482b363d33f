"""What may run a function, asked from either end: both answers must be the same."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from litestar_fix.model.collect import collect
from litestar_fix.model.facts import Try
from litestar_fix.model.project import Project
from litestar_fix.model.reach import Reach
from litestar_fix.model.reached_by import ReachedBy
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import statements
from litestar_fix.settings import Settings

#: Project -> (a function, what must be among those that may run it).
PROJECTS: dict[str, tuple[dict[str, str], str, set[str]]] = {
    "calls through aliases and modules": (
        {
            "ovens.py": "def bake(): ...\ncook = bake\n",
            "kitchen.py": "import ovens as o\nfrom ovens import cook as heat\n"
            "def morning(): o.bake()\ndef evening(): heat()\ndef night(): evening()\n",
        },
        "bake",
        {"morning", "evening", "night"},
    ),
    "methods of what is not known": (
        {
            "tides.py": "class Tide:\n def rise(self): ...\n",
            "harbour.py": "import tides\ndef guess(water): water.rise()\ndef chain(): find().rise()\n"
            "def unrelated(water): water.fall()\n",
        },
        "Tide.rise",
        {"guess", "chain"},
    ),
    "overrides and inherited methods": (
        {
            "birds.py": """
            class Bird:
                def sing(self): ...
                def wake(self): self.sing()
            class Wren(Bird):
                def sing(self): ...
            def dawn(bird: Bird): bird.wake()
            """
        },
        "Wren.sing",
        {"Bird.wake", "dawn"},
    ),
    "special methods": (
        {
            "scales.py": """
            class Scale:
                def __enter__(self): ...
                def show(self): print(self)
            class Balance(Scale): ...
            Steelyard = Balance
            def weigh():
                with Balance(): ...
            def compare(): return Steelyard
            """
        },
        "Scale.__enter__",
        {"weigh", "compare", "Scale.show"},
    ),
    "constructors": (
        {
            "kites.py": "class Kite:\n def __init__(self): ...\nclass Box(Kite): ...\ndef fly(): Box()\n",
            "beach.py": "import kites\ndef play(): kites.Kite()\n"
            "def make(kind): kind()\ndef hand(): make(kites.Kite)\n",
        },
        "Kite.__init__",
        {"fly", "play", "hand", "make"},
    ),
    "properties": (
        {
            "wells.py": "class Well:\n @property\n def rope(self): ...\n",
            "village.py": "import wells\ndef draw(well): well.rope.pull()\ndef look(it): return it.well.rope\n",
        },
        "Well.rope",
        {"draw", "look"},
    ),
    "nested functions": (
        {"locks.py": "def outer():\n def middle():\n  def inner(): ...\n  return inner\n return middle\n"},
        "outer.<locals>.middle.<locals>.inner",
        {"outer", "outer.<locals>.middle"},
    ),
    "decorators": (
        {
            "bells.py": """
            def loud(function):
                def wrapper(*args): return function(*args)
                return wrapper
            @loud
            def ring(): ...
            def muffled(other): ...
            def tower(): ring()
            """
        },
        "ring",
        {"loud", "loud.<locals>.wrapper", "tower"},
    ),
    "what a decorator mentions": (
        {
            "looms.py": "def thread(): ...\ndef weave(by): return lambda f: f\n"
            "@weave(thread)\ndef cloth(): ...\ndef sell(): cloth()\n"
        },
        "thread",
        {"cloth", "sell"},
    ),
    "functions handed over": (
        {
            "posts.py": "def deliver(): ...\ndef later(what, when): what()\n",
            "office.py": "from posts import deliver as bring, later\ndef day(): later(bring, when=3)\n",
        },
        "deliver",
        {"day", "later"},
    ),
    "values of module-level names": (
        {
            "signals.py": "def green(): ...\nLAMPS = {'go': green}\nPANEL = [LAMPS]\n"
            "FIRST = [SECOND]\nSECOND = [FIRST]\n",
            "track.py": "from signals import PANEL as BOARD\ndef start(): BOARD[0]['go']()\n"
            "import signals\ndef idle(): return signals.FIRST\n",
        },
        "green",
        {"start", "LAMPS", "PANEL"},
    ),
    "the function of a handler": (
        {
            "app.py": """
            from litestar import get
            @get("/eggs", sync_to_thread=False)
            def eggs() -> None: ...
            def count(): eggs.fn()
            """
        },
        "eggs",
        {"count"},
    ),
    "cycles": (
        {"rounds.py": "def one(): two()\ndef two(): three()\ndef three(): one()\ndef four(): three()\n"},
        "two",
        {"one", "three", "four"},
    ),
}


def _project(files: dict[str, str]) -> Project:
    modules = {path: collect(path, dedent(text).encode()) for path, text in files.items()}
    return Project(Path("project"), modules, Settings())


def _symbols(project: Project) -> list[Local]:
    found = [Local(module.path, function.qualname) for module, function in project.functions()]
    return found + [Local(m.path, item.name) for m in project.modules.values() for item in m.assignments]


@pytest.mark.parametrize("name", PROJECTS)
def test_both_ends_agree(name: str) -> None:
    """A function may run another exactly when it is among those that may run the other."""
    files, target, expected = PROJECTS[name]
    project = _project(files)
    forward, backward = Reach(project), ReachedBy(Reach(project))
    symbols = _symbols(project)
    for symbol in symbols:
        running = {other for other in symbols if symbol in forward.of_function(other)}
        assert backward.of_function(symbol) == running, symbol
    wanted = next(symbol for symbol in symbols if symbol.qualname == target)
    assert expected <= {symbol.qualname for symbol in backward.of_function(wanted)}


def test_both_ends_agree_on_large_closures() -> None:
    """Where very many functions may run one, the answer is the same, however it is found."""
    lines = [f"def fold_{n}(): fold_{n + 1}()" for n in range(200)]
    project = _project({"paper.py": "\n".join([*lines, "def fold_200(): ..."])})
    backward = ReachedBy(Reach(project))
    found = backward.of_function(Local("paper.py", "fold_200"))
    assert found == {Local("paper.py", f"fold_{n}") for n in range(201)}
    assert backward.of_function(Local("paper.py", "fold_3")) == {Local("paper.py", f"fold_{n}") for n in range(4)}


def test_bodies_of_try_statements() -> None:
    """Of a function only the protected statements count, in a module as well."""
    source = """
    def melt(): ...
    def heat(): melt()
    def careful():
        heat()
        try:
            print()
        except ValueError:
            heat()
    def bold():
        try:
            heat()
        except ValueError: ...
    try:
        heat()
    except ValueError: ...
    """
    project = _project({"forge.py": source})
    module = project.modules["forge.py"]
    forward, backward = Reach(project), ReachedBy(Reach(project))
    answers = {}
    for scope, body in [("", module.body), *[(f.qualname, f.body) for f in module.functions]]:
        for part in [stmt for stmt in statements(body) if isinstance(stmt, Try)]:
            target = Local("forge.py", "melt")
            answers[scope] = backward.body_runs("forge.py", scope, part.body, target)
            assert answers[scope] == (target in forward.of_body("forge.py", scope, part.body))
    assert answers == {"": True, "careful": False, "bold": True}
