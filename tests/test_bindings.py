"""How new code gets its imports, and how edits lose those that they no longer need."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from litestar_fix import edits
from litestar_fix.apply import apply
from litestar_fix.edits import ImportNeed
from litestar_fix.model.collect import collect
from litestar_fix.model.project import Project
from litestar_fix.settings import Settings
from litestar_fix.surroundings import Surroundings
from tests.plugin import at

PROVIDE = ImportNeed("litestar.di", "Provide")


def _provide_as(alias: str) -> ImportNeed:
    return ImportNeed("litestar.di", "Provide", alias)


def project(**files: str) -> Project:
    """A project; ``a__b`` stands for ``a/b.py``, ``a__INIT`` for ``a/__init__.py``."""
    paths = {f"{name.replace('__', '/').replace('INIT', '__init__')}.py": text for name, text in files.items()}
    return Project(Path(), {path: collect(path, text.encode()) for path, text in paths.items()}, Settings())


def with_imports(source: str, *needs: ImportNeed, **others: str) -> str:
    """Put ``x`` in the place of ``OLD()``, which needs imports."""
    edit = edits.NodeEdit("app.py", at(source, "OLD()"), cst.Call, edits.replace_expression("x"), needs)
    return apply(source.encode(), [edit], Surroundings(project(app=source, **others), "app.py")).decode()


# ---------------------------------------------------------------------------------------------------------- placing
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from litestar.di import NamedDependency\n", "from litestar.di import NamedDependency, Provide\n"),
        ("from litestar.di import Zone\n", "from litestar.di import Provide, Zone\n"),
        ("from litestar.di import Zone, Apple\n", "from litestar.di import Zone, Apple, Provide\n"),
        ("from litestar.di import Provide\n", "from litestar.di import Provide\n"),
        (
            "from litestar.di import (\n    Zone,  # z\n)\n",
            "from litestar.di import (\n    Provide,\n    Zone,  # z\n)\n",
        ),
        ("from litestar.di import (\n    A, B\n)\n", "from litestar.di import (\n    A, B, Provide\n)\n"),
        ("from litestar.di import (A, B)  # n\n", "from litestar.di import (A, B, Provide)  # n\n"),
        ("from litestar.di import A, \\\n    B\n", "from litestar.di import A, \\\n    B, Provide\n"),
        ("from litestar.di import A as B\n", "from litestar.di import A as B, Provide\n"),
        ("from litestar import get\n", "from litestar import get\nfrom litestar.di import Provide\n"),
        (
            "from litestar import get\nfrom litestar.dto import D\n",
            "from litestar import get\nfrom litestar.di import Provide\nfrom litestar.dto import D\n",
        ),
        ("import os\n", "import os\n\nfrom litestar.di import Provide\n"),
        (
            "import os\n\nimport zlib_ng\n\nfrom shop import a\n",
            "import os\n\nimport zlib_ng\nfrom litestar.di import Provide\n\nfrom shop import a\n",
        ),
        ("import os\n\nfrom shop import a\n", "import os\n\nfrom litestar.di import Provide\n\nfrom shop import a\n"),
        ("import os\n\nfrom . import a\n", "import os\n\nfrom litestar.di import Provide\n\nfrom . import a\n"),
        ("from shop import a\n", "from litestar.di import Provide\n\nfrom shop import a\n"),
        (
            '"""Doc."""\n\nfrom __future__ import annotations\n\nimport os\n',
            '"""Doc."""\n\nfrom __future__ import annotations\n\nimport os\n\nfrom litestar.di import Provide\n',
        ),
        (
            "from __future__ import annotations\n",
            "from __future__ import annotations\n\nfrom litestar.di import Provide\n",
        ),
        (
            "from __future__ import annotations\nfrom shop import a\n",
            "from __future__ import annotations\n\nfrom litestar.di import Provide\n\nfrom shop import a\n",
        ),
        (
            "from __future__ import annotations\nimport zlib_ng\n",
            "from __future__ import annotations\nimport zlib_ng\nfrom litestar.di import Provide\n",
        ),
        ('"""Doc."""\n', '"""Doc."""\n\nfrom litestar.di import Provide\n'),
        ("# a note\n", "# a note\n\nfrom litestar.di import Provide\n"),
        ("from litestar import *\n", "from litestar import *\nfrom litestar.di import Provide\n"),
        (
            "from litestar import get\nfrom zoo import z\nfrom apple import a\n",
            "from litestar import get\nfrom litestar.di import Provide\nfrom zoo import z\nfrom apple import a\n",
        ),
    ],
)
def test_a_new_import_goes_where_isort_would_put_it(before: str, after: str) -> None:
    rest = "\nvalue = OLD()\n"
    assert with_imports(before + rest, PROVIDE, shop="a = 1\n") == after + rest.replace("OLD()", "x")


def test_a_module_import_comes_before_from_imports() -> None:
    before = "from typing import Any\n\nfrom litestar import get\n\nvalue = OLD()\n"
    after = "import json\nfrom typing import Any\n\nimport httpx\nfrom litestar import get\n\nvalue = x\n"
    assert with_imports(before, ImportNeed("httpx", ""), ImportNeed("json", "")) == after
    assert with_imports(after.replace("= x", "= OLD()"), ImportNeed("httpx", ""), ImportNeed("json", "")) == after


def test_a_block_sorted_by_module_alone_stays_sorted_so() -> None:
    before = "from attrs import define\nimport litestar\nfrom msgspec import Struct\n\nvalue = OLD()\n"
    after = "from attrs import define\nimport httpx\nimport litestar\nfrom msgspec import Struct\n\nvalue = x\n"
    assert with_imports(before, ImportNeed("httpx", "")) == after


def test_never_under_type_checking_or_try() -> None:
    before = (
        "from typing import TYPE_CHECKING\n\n"
        "try:\n    from litestar.di import A\nexcept ImportError:\n    A = None\n\n"
        "if TYPE_CHECKING:\n    from litestar.di import B, Provide\n\n"
        "value: B = OLD()\n"
    )
    after = (
        "from typing import TYPE_CHECKING\n\nfrom litestar.di import Provide\n\n"
        "try:\n    from litestar.di import A\nexcept ImportError:\n    A = None\n\n"
        "if TYPE_CHECKING:\n    from litestar.di import B\n\n"
        "value: B = x\n"
    )
    assert with_imports(before, PROVIDE) == after


def test_a_guarded_import_on_one_line_gives_way_too() -> None:
    before = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING: from litestar.di import {}\n\nvalue: A = OLD()\n"
    after = "from typing import TYPE_CHECKING\n\nfrom litestar.di import Provide\n{}\nvalue: A = x\n"
    assert with_imports(before.format("A, Provide"), PROVIDE) == after.format(
        "\nif TYPE_CHECKING: from litestar.di import A\n"
    )
    assert "TYPE_CHECKING:" not in with_imports(before.format("Provide"), PROVIDE)


def test_a_guarded_import_gives_way_to_the_same_one_at_run_time() -> None:
    before = (
        "from typing import TYPE_CHECKING\n\nfrom litestar import get\n\n"
        "if TYPE_CHECKING:\n    from litestar.di import Provide\n\n"
        "def f(a: 'Provide') -> None:\n    OLD()\n"
    )
    after = "from litestar import get\nfrom litestar.di import Provide\n\ndef f(a: 'Provide') -> None:\n    x\n"
    assert with_imports(before, PROVIDE) == after


def test_in_the_function_that_imports_itself() -> None:
    before = "def f():\n    from litestar.di import A\n\n    return A, OLD()\n"
    after = "def f():\n    from litestar.di import A, Provide\n\n    return A, x\n"
    assert with_imports(before, ImportNeed("litestar.di", "Provide", scope="f")) == after


# ---------------------------------------------------------------------------------------------------------- orphans
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import a\nimport b\n\nb()\nOLD(a)\n", "import b\n\nb()\nx\n"),
        ("import a.b\n\nOLD(a.b.c)\n", "x\n"),
        ("import a as z\nimport b\n\nb()\nOLD(z)\n", "import b\n\nb()\nx\n"),
        ("from m import a, b\n\nb()\nOLD(a)\n", "from m import b\n\nb()\nx\n"),
        ("from m import b, a\n\nb()\nOLD(a)\n", "from m import b\n\nb()\nx\n"),
        ("from m import (\n    a,\n    b,\n)\n\nb()\nOLD(a)\n", "from m import (\n    b,\n)\n\nb()\nx\n"),
        (
            "from m import (\n    a,  # why\n    b,\n)\n\nb()\nOLD(a)\n",
            "from m import (\n    # why\n    b,\n)\n\nb()\nx\n",
        ),
        ("import os\n\nfrom m import a\n\nos()\nOLD(a)\n", "import os\n\nos()\nx\n"),
        ("import os\n\nfrom m import a  # why\n\nos()\nOLD(a)\n", "import os\n\n# why\nos()\nx\n"),
        (
            "import os\n\nfrom m import a\nfrom n import b\n\nos(b)\nOLD(a)\n",
            "import os\n\nfrom n import b\n\nos(b)\nx\n",
        ),
        ("def f():\n    import a\n\n    return OLD(a)\n", "def f():\n    return x\n"),
        ("import a; import b\n\nb()\nOLD(a)\n", "import b\n\nb()\nx\n"),
        ("import a\n\n\ndef f(a=None):\n    return a\n\n\nOLD(a)\n", "def f(a=None):\n    return a\n\n\nx\n"),
        (
            "import a\n\n\ndef f(v):\n    for a in v:\n        yield lambda: a\n\n\nOLD(a)\n",
            "def f(v):\n    for a in v:\n        yield lambda: a\n\n\nx\n",
        ),
        (
            "from typing import TYPE_CHECKING, Any\n\nif TYPE_CHECKING:\n    import a\n\nv: Any = OLD(a)\n",
            "from typing import Any\n\nv: Any = x\n",
        ),
    ],
)
def test_an_orphaned_import_goes(before: str, after: str) -> None:
    assert orphaned(before) == after


@pytest.mark.parametrize(
    "kept",
    [
        "import a\n\na()\nOLD(a)\n",
        "import a\n\n__all__ = ['a']\nOLD(a)\n",
        "import a  # noqa: F401\n\nOLD(a)\n",
        "import a  # noqa: E501, F401\n\nOLD(a)\n",
        "import a  # noqa\n\nOLD(a)\n",
        "from m import a as a\n\nOLD(a)\n",
        "from m import *\n\nOLD(a)\n",
        "try:\n    import a\nexcept ImportError:\n    pass\n\nOLD(a)\n",
        "import a\n\ndef f(v: 'list[a.b]'): ...\nOLD(a)\n",
        "import a\n\ndef f(v: \"Annotated['a.b', 1]\"): ...\nOLD(a)\n",
        "import a\n\nv = list['a']\nOLD(a)\n",
        "import a\n\nv = cast('a', 1)\nOLD(a)\n",
        "import a\n\nv = 1  # type: a.b\nOLD(a)\n",
        "import a\n\ndef f():\n    import a\n    return a\nOLD(a)\n",
        "import a\n\ndef f(b, a=a):\n    return b(a)\nOLD(a)\n",
        "import a\n\n@a\ndef f(a): ...\nOLD(a)\n",
        "import a\n\ndef f(a: a.b): ...\nOLD(a)\n",
        "import a\n\ndef f(v):\n    return [a for a in v] + a()\nOLD(a)\n",
        "import a\n\ndef f():\n    global a\n    a = a()\nOLD(a)\n",
        "import a\n\nclass C:\n    a = a()\nOLD(a)\n",
        "import a\n\nclass C:\n    a = 1\n\n    def f(self):\n        return a\nOLD(a)\n",
        "import unused\n\nOLD()\n",
    ],
)
def test_other_imports_stay(kept: str) -> None:
    assert orphaned(kept).partition("OLD")[0].rstrip("x\n") == kept.partition("OLD")[0].rstrip("\n")


def test_a_noqa_for_something_else_keeps_nothing() -> None:
    assert orphaned("import a  # noqa: E501\n\nOLD(a)\n") == "# noqa: E501\nx\n"


def test_a_mention_in_a_plain_string_keeps_nothing() -> None:
    assert orphaned("import a\n\nv = row['a'], 'a'\nOLD(a)\n") == "v = row['a'], 'a'\nx\n"


def test_what_other_modules_take_from_here_stays() -> None:
    source = "from m import a, b, c, d\n\nOLD(a, b, c, d)\n"
    others = {
        "one": "from app import a\n",
        "two": "import app\n\napp.b()\n",
        "three": "import app as other\n\ndef f():\n    return other.c\n",
    }
    assert orphaned(source, **others) == "from m import a, b, c\n\nx\n"
    assert orphaned(source, four="from app import *\n").startswith("from m import a, b, c, d\n")


def test_a_package_keeps_what_it_imports_from_its_own_project() -> None:
    source = "from m import a\n\nfrom app.n import b\nfrom .n import c\n\nOLD(a, b, c)\n"
    edit = edits.NodeEdit("app/__init__.py", at(source, "OLD(a, b, c)"), cst.Call, edits.replace_expression("x"))
    surroundings = Surroundings(project(app__INIT=source, app__n="b = c = 1\n"), "app/__init__.py")
    kept = "from app.n import b\nfrom .n import c\n\nx\n"
    assert apply(source.encode(), [edit], surroundings).decode() == kept


def orphaned(source: str, **others: str) -> str:
    start = source.index("OLD(")
    text = source[start : source.index(")", start) + 1]
    edit = edits.NodeEdit("app.py", at(source, text), cst.Call, edits.replace_expression("x"))
    return apply(source.encode(), [edit], Surroundings(project(app=source, **others), "app.py")).decode()


# --------------------------------------------------------------------------------------------------------- bindings
@pytest.mark.parametrize(
    ("source", "expression", "needs"),
    [
        ("", "Provide", (PROVIDE,)),
        ("from litestar.di import Provide\n", "Provide", ()),
        ("from litestar.di import Provide as Inject\n", "Inject", ()),
        ("import litestar.di\n", "litestar.di.Provide", ()),
        ("import litestar.di as di\n", "di.Provide", ()),
        ("from litestar import di\n", "di.Provide", ()),
        ("from litestar import di as d\nfrom litestar.di import Other\n", "Provide", (PROVIDE,)),
        ("import litestar as ls\n", "Provide", (PROVIDE,)),
        ("import litestar as ls\n\nls.di.Provide()\n", "ls.di.Provide", ()),
        ("from litestar.di import *\n", "Provide", (PROVIDE,)),
        ("if TYPE_CHECKING:\n    from litestar.di import Provide\n", "Provide", (PROVIDE,)),
        ("Provide = 3\n", "LitestarProvide", (_provide_as("LitestarProvide"),)),
        ("def f(Provide): ...\n", "LitestarProvide", (_provide_as("LitestarProvide"),)),
        ("class Provide: ...\nLitestarProvide = 1\n", "LitestarProvide_", (_provide_as("LitestarProvide_"),)),
        (
            "from litestar.di import Provide\n\nProvide = wrap(Provide)\n",
            "LitestarProvide",
            (_provide_as("LitestarProvide"),),
        ),
        ("from other import Provide\n", "LitestarProvide", (_provide_as("LitestarProvide"),)),
    ],
)
def test_bind_import(source: str, expression: str, needs: tuple[ImportNeed, ...]) -> None:
    known = project(app=source)
    assert edits.bind_import(known, known.modules["app.py"], "litestar.di", "Provide") == (expression, needs)


def test_bind_import_sees_the_scope() -> None:
    known = project(
        app="def f():\n    from litestar.di import A\n    return A\n\n\ndef g(): ...\n",
        other="from litestar.di import Provide\n\n\ndef f(Provide): ...\n\n\ndef g(): ...\n",
    )
    inner = edits.bind_import(known, known.modules["app.py"], "litestar.di", "Provide", scope="f")
    assert inner == ("Provide", (ImportNeed("litestar.di", "Provide", scope="f"),))
    assert edits.bind_import(known, known.modules["app.py"], "litestar.di", "Provide", scope="g")[1] == (PROVIDE,)
    assert edits.bind_import(known, known.modules["other.py"], "litestar.di", "Provide", scope="g")[0] == "Provide"
    assert (
        edits.bind_import(known, known.modules["other.py"], "litestar.di", "Provide", scope="f")[0] == "LitestarProvide"
    )


def test_bind_import_knows_reexports_and_other_ways() -> None:
    known = project(
        shop__INIT="from shop.deps import provide\n",
        shop__deps="def provide(): ...\n",
        app="from shop import provide as p\nfrom litestar.handlers import get\n",
        rel__a="from .b import thing\n",
        rel__b="thing = 1\n",
        star="from shop.deps import *\n",
    )
    app = known.modules["app.py"]
    assert edits.bind_import(known, app, "shop.deps", "provide") == ("p", ())
    assert edits.bind_import(known, app, "litestar", "get") == ("get", ())
    assert edits.bind_import(known, known.modules["rel/a.py"], "rel.b", "thing") == ("thing", ())
    assert edits.bind_import(known, known.modules["star.py"], "shop.deps", "provide") == ("provide", ())


@pytest.mark.parametrize(
    ("source", "expression", "needs"),
    [
        ("", "httpx", (ImportNeed("httpx", ""),)),
        ("import httpx\n", "httpx", ()),
        ("import httpx as hx\n", "hx", ()),
        ("httpx = 1\n", "httpx_httpx", (ImportNeed("httpx", "", "httpx_httpx"),)),
        ("from httpx import get\n", "httpx", (ImportNeed("httpx", ""),)),
    ],
)
def test_bind_module(source: str, expression: str, needs: tuple[ImportNeed, ...]) -> None:
    known = project(app=source)
    assert edits.bind_module(known, known.modules["app.py"], "httpx") == (expression, needs)
