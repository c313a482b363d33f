"""The model: facts of one file, names across files, layers, providers and calls."""

# ruff: noqa: E501 (the sources of small projects, one a line)
from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from litestar_fix.errors import UnreadableFile
from litestar_fix.model.collect import collect
from litestar_fix.model.dtos import dtos
from litestar_fix.model.evaluate import items, mapping
from litestar_fix.model.facts import Function, Ref
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role, role_of
from litestar_fix.model.sites import calls_of, mentions_of
from litestar_fix.model.symbols import External, Local, Located, ModuleRef
from litestar_fix.model.usages import usages
from litestar_fix.model.version import litestar_version
from litestar_fix.rules.blocking_dependency import BlockingDependency
from litestar_fix.settings import Settings


def project(**files: str) -> Project:
    """Make a project; ``a__b`` stands for the file a/b.py."""
    texts = {f"{name.replace('__', '/')}.py".replace("/init.py", "/__init__.py"): text for name, text in files.items()}
    return Project(Path("."), {path: collect(path, dedent(text).encode()) for path, text in texts.items()}, Settings())


# ------------------------------------------------------------------------------------------------------------ facts
def test_columns_count_code_points_after_emoji_and_tabs() -> None:
    module = collect("x.py", "def f():\n\ts = '😀é'; g(s)\n".encode())

    body = module.functions[0].body
    assert (body[1].span.line, body[1].span.column) == (2, 11)


def test_columns_are_right_in_a_latin_1_file_and_after_a_byte_order_mark() -> None:
    latin = collect("x.py", "# -*- coding: latin-1 -*-\ns = 'éé'; g = s\n".encode("latin-1"))
    marked = collect("x.py", b"\xef\xbb\xbf" + "s = 'é'; g = s\n".encode())

    assert latin.assignments[1].span.column == 10
    assert marked.assignments[1].span.column == 9


def test_lines_end_in_any_way() -> None:
    for newline in ("\n", "\r\n", "\r"):
        module = collect("x.py", newline.join(["a = 'é'", "", "def f(): ...", ""]).encode())
        assert module.functions[0].span.line == 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"print 'x'\n", "not valid Python"),
        (b"x = '\x00'\n", "not valid Python"),
        (b"# coding: martian\nx = 1\n", "not valid Python"),
        (b"x = " + b"(" * 2000 + b")" * 2000 + b"\n", "not valid Python"),
        (b"x = a" + b".b()" * 3000 + b"\n", "nested too deeply"),
    ],
    ids=["python 2", "null byte", "unknown encoding", "deep parentheses", "long chain"],
)
def test_what_cannot_be_parsed_is_named_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        collect("odd.py", content)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads the newer syntax")
@pytest.mark.parametrize(
    "source",
    [
        "class Box[T]: ...",
        "async def f[T](x: T) -> T: ...",
        "type Pair = tuple[int, int]",
        "lines = f\"{'\\n'.join(bakers)}\"",
    ],
)
def test_syntax_of_a_newer_python_is_named_as_such(source: str) -> None:
    with pytest.raises(UnreadableFile, match=r"needs Python 3\.12 or later to be read \(line 1\)"):
        collect("new.py", source.encode())


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads the newer syntax")
def test_an_f_string_that_newer_parsers_may_read_is_told_with_the_version_of_this_one() -> None:
    with pytest.raises(UnreadableFile, match=r"not valid Python 3\.11: f-string: unmatched"):
        collect("new.py", b"name = f'{bakers['first']}'")


def test_quoted_annotations_are_read_as_what_they_quote() -> None:
    function = _function(
        "def f(a: 'list[Order]', b: Annotated['Order', 'not code'], c: Literal['x y']) -> 'Order | None': ..."
    )

    names = [type(param.annotation).__name__ for param in function.params]
    assert names == ["Sub", "Sub", "Sub"]
    assert function.returns is not None
    assert type(function.returns).__name__ == "Op"


def test_a_function_knows_what_it_binds_reads_and_calls() -> None:
    function = _function(
        """
        async def f(a):
            import json as j
            with open(a) as handle:
                b = j.loads(handle.read())
            def inner():
                yield secret()
            return [x for x in b]
        """
    )

    assert set(function.bound) == {"a", "j", "handle", "b", "inner", "x"}
    assert set(function.calls) == {"open", "j.loads", "handle.read"}
    assert function.is_async
    assert not function.is_generator


def test_type_checking_imports_are_known_as_such() -> None:
    module = collect(
        "x.py", b"import typing as t\nif t.TYPE_CHECKING:\n    from a import b\nelse:\n    from c import d\n"
    )

    assert [(item.local, item.guarded) for item in module.imports] == [("t", False), ("b", True), ("d", False)]


def _function(source: str) -> Function:
    functions = collect("x.py", dedent(source).encode()).functions
    return next(function for function in functions if function.name == "f")


# ------------------------------------------------------------------------------------------------------ suppressions
@pytest.mark.parametrize(
    ("source", "covered"),
    [
        ("x = f(\n    1,  # noqa: LSF101\n)\n", (1, 3)),
        ("# litestar-fix: ignore[LSF101] known\nx = f(\n    1,\n)\n", (2, 4)),
        ("@a\n@b  # lint-ignore: RepeatedHandlerConfig\nclass C(\n    D,\n):\n    x = 1\n", (1, 5)),
        ("class C:  # noqa: LSF101\n    x = 1\n", (1, 1)),
        ("class C:\n    # noqa: LSF101\n    # another remark\n    x = 1\n", (4, 4)),
        ("try:\n    f()\nexcept E:  # noqa: LSF101\n    g()\n", (3, 3)),
    ],
    ids=[
        "inside a statement",
        "on the line above",
        "a decorator",
        "a header",
        "above, among remarks",
        "an except line",
    ],
)
def test_a_suppression_covers_a_statement_or_a_header(source: str, covered: tuple[int, int]) -> None:
    (found,) = collect("x.py", source.encode()).suppressions

    assert (found.first, found.last) == covered


def test_the_three_spellings_of_a_suppression() -> None:
    source = (
        "a = 1  # litestar-fix: ignore[LSF101, LSF204] measured\nb = 1  # lint-fixme: RuleName: why\nc = 1  # NOQA\n"
    )
    own, fixit, noqa = collect("x.py", source.encode()).suppressions

    assert (own.form, own.codes, own.reason) == ("own", ("LSF101", "LSF204"), "measured")
    assert (fixit.form, fixit.codes, fixit.reason) == ("fixit", ("RuleName",), "why")
    assert (noqa.form, noqa.codes) == ("noqa", ())


# ------------------------------------------------------------------------------------------------------------- names
def test_names_resolve_through_aliases_reexports_and_relative_imports() -> None:
    made = project(
        app__init="from .http import fetch as load",
        app__http="from litestar import get as fetch\nimport litestar as ls\nfrom . import http as me",
        app__main="from app import load\nimport app.http\nfrom app.http import ls, me",
    )

    assert made.resolve("app/main.py", "load") == External("litestar.get")
    assert made.resolve("app/main.py", "app.http.fetch") == External("litestar.get")
    assert made.resolve("app/main.py", "ls.handlers.post") == External("litestar.post")
    assert made.resolve("app/main.py", "me") == ModuleRef("app/http.py")


def test_a_local_name_shadows_and_is_not_known() -> None:
    made = project(
        a="from litestar import get\ndef f(get):\n    get('/x')\ndef g():\n    from litestar import post\n    post('/y')\n"
    )

    assert made.resolve("a.py", "get", "f") is None
    assert made.resolve("a.py", "post", "g") == External("litestar.post")
    assert made.resolve("a.py", "post") is None


def test_an_absolute_import_is_the_nearest_file_and_never_a_file_inside_a_package() -> None:
    made = project(
        services__billing__src__core__init="",
        services__billing__src__core__db="URL = 1",
        services__billing__src__main="from core.db import URL",
        services__mail__src__core__init="",
        services__mail__src__core__db="URL = 2",
        services__mail__src__main="from core.db import URL",
        lib__init="",
        lib__requests="get = 1",
        lib__use="import requests",
        outside="from core.db import URL",
    )

    assert made.resolve("services/mail/src/main.py", "URL") == Local("services/mail/src/core/db.py", "URL")
    assert made.resolve("lib/use.py", "requests.get") == External("requests.get")
    assert made.module_path("outside.py", "core.db") is None


def test_a_package_that_is_run_from_its_own_folder_is_an_import_root_for_its_files() -> None:
    made = project(
        app__init="",
        app__models="class Order: ...",
        app__domain__orders="from models import Order\nimport models",
        app__main="from domain.orders import Order",
    )

    assert made.resolve("app/main.py", "Order") == Local("app/models.py", "Order")
    assert made.resolve("app/domain/orders.py", "models") == External("models")


def test_a_cycle_of_reexports_is_unknown() -> None:
    made = project(a="from b import x", b="from a import x")

    assert made.resolve("a.py", "x") is None


def test_modules_that_import_everything_of_each_other_know_the_same_whoever_is_asked_first() -> None:
    files = {
        "models__init": "from .user import *\nfrom .post import *\n",
        "models__user": "from . import *\nclass User: ...\n",
        "models__post": "from models import *\nclass Post: ...\n",
        "app": "from models.user import Post, User as Author\nfrom models.post import User\n",
    }
    post, user = Local("models/post.py", "Post"), Local("models/user.py", "User")
    known = {
        ("models/user.py", "Post"): post,
        ("models/post.py", "User"): user,
        ("models/__init__.py", "Post"): post,
        ("models/__init__.py", "User"): user,
        ("app.py", "Post"): post,
        ("app.py", "User"): user,
        ("app.py", "Author"): user,
    }
    for first in known:
        made = project(**files)
        made.resolve(*first)
        assert {question: made.resolve(*question) for question in known} == known


# ------------------------------------------------------------------------------------------------------------ layers
def test_an_application_is_resolved_through_lists_factories_and_inheritance() -> None:
    made = project(
        base="from litestar import Controller as LitestarController, get\n"
        "class Base(LitestarController):\n    guards = [one]\n    @get('/ping')\n    async def ping(self) -> str: ...\n",
        orders="import litestar as ls\nfrom base import Base\nPREFIX = '/orders'\n"
        "class Orders(Base):\n    path = PREFIX\n    @ls.get('/{key:int}', guards=[two])\n    async def one(self, key: int) -> str: ...\n",
        app="from litestar import Litestar, Router, get\nfrom orders import Orders\n"
        "def three(): ...\n@get('/health')\nasync def health() -> str: ...\n"
        "def routes():\n    extra = [health]\n    return [Router('/api', route_handlers=[Orders], guards=[three]), *extra]\n"
        "def create_app():\n    return Litestar(routes())\n",
    )

    found = {(path, route.handler.function.name): route for route in made.layers.routes for path in route.paths or ()}
    assert set(found) == {
        ("/api/orders/{key:int}", "one"),
        ("/api/orders/ping", "ping"),
        ("/health", "health"),
        ("/ping", "ping"),
    }
    one = found["/api/orders/{key:int}", "one"]
    guards = [item.expr.name for item in one.cumulative("guards").items if isinstance(item.expr, Ref)]
    assert guards == ["three", "one", "two"]
    assert one.complete


def test_what_plugins_may_set_is_unknown_not_absent() -> None:
    made = project(
        app="from litestar import Litestar, get\n@get(dto=Mine)\nasync def a() -> str: ...\n@get()\nasync def b() -> str: ...\n"
        "app = Litestar([a, b], plugins=[Something()])\n"
    )

    by_name = {route.handler.function.name: route for route in made.layers.routes}
    assert by_name["a"].data_dto().known
    assert not by_name["b"].data_dto().known
    assert not by_name["b"].cumulative("guards").known


def test_dependencies_merge_by_key_and_the_closest_layer_wins() -> None:
    made = project(
        deps="from litestar.di import Provide\ndef near(): ...\ndef far(): ...\nCOMMON = {'a': Provide(far), 'b': far}\n",
        app="from litestar import Litestar, Router, get\nfrom litestar.di import Provide\nfrom deps import COMMON, near\n"
        "@get('/', dependencies={'a': Provide(near)})\nasync def h(a: int) -> str: ...\n"
        "r = Router('/r', route_handlers=[h], dependencies=COMMON | {'c': Provide(near, use_cache=True)})\napp = Litestar([r])\n",
    )

    (route,) = made.layers.routes
    found = route.dependencies()
    assert {key: provider.target for key, provider in found.items()} == {
        "a": Local("deps.py", "near"),
        "b": Local("deps.py", "far"),
        "c": Local("deps.py", "near"),
    }
    assert found["c"].use_cache
    assert set(route.used_dependencies()) == {"a"}
    assert len(made.layers.providers) == 4


def test_service_dependencies_of_advanced_alchemy_leave_other_keys_unknown() -> None:
    made = project(
        a="from advanced_alchemy.extensions.litestar.providers import create_service_dependencies\n"
        "D = create_service_dependencies(Orders, key='orders') | {'x': y}\n"
    )

    found = mapping(made, Located("a.py", "", Ref("D", made.modules["a.py"].assignments[0].span)))
    assert [entry.name for entry in found.entries] == ["orders", "x"]
    assert not found.known


def test_a_list_that_is_appended_to_is_not_known() -> None:
    made = project(a="handlers = [one]\nhandlers.append(two)\n")

    found = items(made, Located("a.py", "", Ref("handlers", made.modules["a.py"].assignments[0].span)))
    assert not found.known


def test_decorators_of_other_frameworks_are_no_handlers() -> None:
    made = project(
        a="app = FastAPI()\n@app.get('/x')\ndef f(): ...\nfrom starlette.routing import get\n@get('/')\ndef g(): ...\n"
    )

    assert not made.layers.handlers


# ------------------------------------------------------------------------------------------------------- calls, sites
def test_calls_are_followed_through_services_instances_and_super() -> None:
    made = project(
        base="import time\nclass Base:\n    def wait(self):\n        time.sleep(1)\n",
        services="from base import Base\nclass Clock(Base):\n    def wait(self):\n        super().wait()\n"
        "class Shop:\n    def __init__(self, clock: 'Clock | None'):\n        self.clock = clock\n    def open(self):\n        self.clock.wait()\n"
        "shop = Shop(Clock())\n",
        app="from services import Shop, shop\nasync def injected(shop_: Shop): shop_.open()\nasync def module_level(): shop.open()\n"
        "async def unknown(thing): thing.open()\nasync def builtin(): open('x')\n",
    )

    def found(name: str) -> list[str] | None:
        way = made.callgraph.path_to(Local("app.py", name), lambda called: called in ("time.sleep", "builtins.open"))
        return [step.name for step in way] if way else None

    assert found("injected") == ["shop_.open", "self.clock.wait", "super().wait", "time.sleep"]
    assert found("module_level") == ["shop.open", "self.clock.wait", "super().wait", "time.sleep"]
    assert found("unknown") is None
    assert found("builtin") == ["open"]


def test_routers_have_their_names_whatever_is_asked_first() -> None:
    made = project(
        a="from litestar import Litestar, Router, get\n@get('/')\ndef pour(): ...\ncellar = Router('/cellar', route_handlers=[pour])\napp = Litestar([cellar])\n",
    )

    assert [layer.name for route in made.layers.routes for layer in route.layers] == ["app", "cellar", "pour"]


def test_a_class_of_the_name_of_its_base_is_no_dto_of_itself() -> None:
    made = project(a="from lib import Base\nclass Base(Base): ...\nclass Crate(Base): ...\n")

    assert list(dtos(made)) == []


def test_recursion_ends() -> None:
    made = project(a="def f(): g()\ndef g(): f()\n")

    assert made.callgraph.path_to(Local("a.py", "f"), lambda _: True) is None


def test_every_mention_of_a_function_is_found() -> None:
    made = project(
        p="def provide(): ...\n",
        q="from p import provide as pr\nimport p\nX = {'a': pr}\n@deco(p.provide)\ndef f(x=pr()):\n    return p.provide\nclass C:\n    d = pr\n",
    )

    found = [(m.name, m.called, m.scope) for m in mentions_of(made, Local("p.py", "provide"))]
    assert sorted(found) == sorted(
        [("pr", False, ""), ("p.provide", False, ""), ("pr", True, ""), ("p.provide", False, "f"), ("pr", False, "C")]
    )


def test_what_classes_in_functions_mention_is_found() -> None:
    made = project(
        p="def provide(): ...\n",
        q="from p import provide\ndef make():\n    class Crate(provide.Base):\n        source = provide()\n        def lift(self, by=provide): ...\n",
    )

    found = [(m.name, m.called, m.scope) for m in mentions_of(made, Local("p.py", "provide"))]
    assert found == [
        ("provide", True, "make.<locals>.Crate"),
        ("provide", False, "make.<locals>.Crate"),
    ]


def test_what_gets_its_own_name_back_is_mentioned() -> None:
    made = project(
        p="class Crate: ...\n",
        q="from p import Crate as Base\n",
        r="from q import Base as Crate\ndef lift():\n    return Crate()\n",
    )

    found = [(m.path, m.called) for m in mentions_of(made, Local("p.py", "Crate"))]
    assert found == [("r.py", True)]


def test_functions_and_methods_of_one_name_are_told_apart() -> None:
    made = project(
        p="def lift(): ...\nclass Crane:\n    def lift(self): ...\nclass Ramp(Crane): ...\nclass Belt(Crane):\n    def lift(self): ...\n",
        q="""\
            import p
            def run(ramp: p.Ramp, belt: p.Belt, other, name):
                p.lift()
                ramp.lift()
                belt.lift()
                other.lift()
                getattr(ramp, name)
                getattr(belt, "lift")
            """,
    )

    found = {
        name: [(usage.kind.value, usage.span.line) for usage in usages(made, Local("p.py", name), by_text=True)]
        for name in ("lift", "Crane.lift", "Belt.lift")
    }
    assert found == {
        "lift": [("call", 3), ("text", 8)],
        "Crane.lift": [("call", 4), ("unsure", 6), ("text", 7), ("text", 8)],
        "Belt.lift": [("call", 5), ("unsure", 6), ("text", 8)],
    }


def test_calls_of_a_library_object_are_found_in_every_scope() -> None:
    made = project(
        a="from litestar.di import Provide as P\nx = {'k': P(f)}\nclass C:\n    dependencies = {'k': P(g)}\ndef h():\n    return P(i)\n",
        b="from litestar.di import Provide\ndef make():\n    class C:\n        dependencies = {'k': Provide(j)}\n    return C\n",
    )

    found = [site.call for site in calls_of(made, "litestar.di.Provide")]
    assert [call.args[0].name for call in found if isinstance(call.args[0], Ref)] == [
        "f",
        "g",
        "i",
        "j",
    ]


# --------------------------------------------------------------------------------------------------- roles, versions
@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("src/app/main.py", Role.APPLICATION),
        ("tests/unit/test_x.py", Role.TEST),
        ("src/app/conftest.py", Role.TEST),
        ("db/migrations/versions/01.py", Role.MIGRATION),
        ("app/versions/api.py", Role.APPLICATION),
        ("scripts/seed.py", Role.SCRIPT),
        ("docs/conf.py", Role.DOCUMENTATION),
    ],
)
def test_the_role_of_a_file_is_told_by_where_it_lies(path: str, role: Role) -> None:
    assert role_of(path) is role


def test_tools_and_docs_that_the_application_imports_are_part_of_it() -> None:
    made = project(
        app__main="from .tools.context import keep\nfrom . import docs\n",
        app__tools__context="def keep(): ...\n",
        app__tools__other="x = 1\n",
        app__docs__init="x = 1\n",
        tools__build="x = 1\n",
        docs__conf="from app.tools.context import keep\n",
        scripts__seed="from app.main import keep\n",
    )

    roles = {path: made.role(path) for path in made.modules if not path.startswith("app/main")}
    assert {path for path, role in roles.items() if role is Role.APPLICATION} == {
        "app/docs/__init__.py",
        "app/tools/context.py",
        "app/tools/other.py",
    }


@pytest.mark.parametrize(
    ("files", "version"),
    [
        (
            {"uv.lock": '[[package]]\nname = "litestar"\nversion = "2.12.1"\n', "requirements.txt": "litestar==2.1"},
            (2, 12, 1),
        ),
        ({"pyproject.toml": '[project]\ndependencies = ["litestar[jwt]>=2.8,<3"]\n'}, (2, 8)),
        ({"pyproject.toml": '[tool.poetry.dependencies]\nlitestar = {version = "^2.3"}\n'}, (2, 3)),
        ({"pyproject.toml": '[dependency-groups]\nweb = ["litestar==2.4.5"]\n'}, (2, 4, 5)),
        ({"requirements.txt": "# web\nlitestar[standard]~=2.6  # pinned\nlitestar-vite==0.1\n"}, (2, 6)),
        ({"requirements.txt": "litestar\n"}, (2, 20)),
    ],
    ids=["lock file first", "pep 621", "poetry", "dependency group", "requirements", "setting last"],
)
def test_the_targets_litestar_version(tmp_path: Path, files: dict[str, str], version: tuple[int, ...]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    assert litestar_version(tmp_path, "2.20") == version


def test_of_two_blocking_calls_of_one_name_the_first_is_shown() -> None:
    made = project(
        app="from litestar import get\n@get('/')\ndef read() -> str:\n    a = open('a').read()\n    return a + open('b').read()\n"
    )

    (found,) = BlockingDependency.find(made)
    assert [place.span.line for place in found.related] == [4]
