"""The rewrites that codemods are written with: what each makes of a piece of code, comments and layout included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import libcst as cst
import pytest

from litestar_fix import edits
from litestar_fix.apply import apply
from litestar_fix.errors import EditError
from litestar_fix.model.collect import collect
from litestar_fix.model.project import Project
from litestar_fix.settings import Settings
from litestar_fix.surroundings import Surroundings
from tests.plugin import at

Edit = tuple[str, type[Any], edits.Rewrite]


def rewritten(source: str, *specs: Edit, imports: tuple[edits.ImportNeed, ...] = ()) -> str:
    """Apply rewrites to the pieces of a source that are given as text."""
    project = Project(Path(), {"app.py": collect("app.py", source.encode())}, Settings())
    made = [edits.NodeEdit("app.py", at(source, text), kind, rewrite, imports) for text, kind, rewrite in specs]
    return apply(source.encode(), made, Surroundings(project, "app.py")).decode()


def call(before: str, rewrite: edits.Rewrite) -> str:
    """Rewrite a call that is a whole statement."""
    return rewritten(before + "\n", (before, cst.Call, rewrite)).removesuffix("\n")


# -------------------------------------------------------------------------------------------------------- arguments
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()", "f(k=v)"),
        ("f(a)", "f(a, k=v)"),
        ("f(a,)", "f(a, k=v,)"),
        ("f(k=old)", "f(k=v)"),
        ("f(k=(old), b=1)", "f(k=(v), b=1)"),
        ("f(a, **rest)", "f(a, k=v, **rest)"),
        ("f(**rest)", "f(k=v, **rest)"),
        ("f(x = 1)", "f(x = 1, k = v)"),
        ("f(i for i in items)", "f((i for i in items), k=v)"),
        ("f(\n    a,\n    b,\n)", "f(\n    a,\n    b,\n    k=v,\n)"),
        ("f(\n    a,\n    b\n)", "f(\n    a,\n    b,\n    k=v\n)"),
        ("f(\n    a, b\n)", "f(\n    a, b, k=v\n)"),
        ("f(a,\n  b)", "f(a,\n  b, k=v)"),
        ("f(\n    a,  # why\n)", "f(\n    a,  # why\n    k=v,\n)"),
        ("f(\n    a  # why\n)", "f(\n    a,  # why\n    k=v\n)"),
        ("f(\n    a,\n    # at the end\n)", "f(\n    a,\n    # at the end\n    k=v,\n)"),
        ("f(\n    a,  # one\n    **rest,\n)", "f(\n    a,  # one\n    k=v,\n    **rest,\n)"),
        ("f(\n    **rest,  # all\n)", "f(\n    k=v,\n    **rest,  # all\n)"),
        ("f(\n\ta,\n)", "f(\n\ta,\n\tk=v,\n)"),
    ],
)
def test_set_keyword(before: str, after: str) -> None:
    assert call(before, edits.set_keyword("k", "v")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(a, b=1, c=2)", "f(a, b=1, k=v, c=2)"),
        ("f(a, b=1)", "f(a, b=1, k=v)"),
        ("f(a, k=1, b=1)", "f(a, k=v, b=1)"),
        ("f(b=1, **rest)", "f(b=1, k=v, **rest)"),
        ("f(**rest, b=1)", "f(**rest, b=1, k=v)"),
        ("f(a, c=2, **rest)", "f(a, c=2, k=v, **rest)"),
        ("f(\n    b=1,  # one\n    c=2,\n)", "f(\n    b=1,  # one\n    k=v,\n    c=2,\n)"),
        ("f(\n    c=2,\n    b=1  # one\n)", "f(\n    c=2,\n    b=1,  # one\n    k=v\n)"),
    ],
)
def test_set_keyword_behind_another(before: str, after: str) -> None:
    assert call(before, edits.set_keyword("k", "v", after="b")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(k=1)", "f()"),
        ("f(a, k=1)", "f(a)"),
        ("f(k=1, b=2)", "f(b=2)"),
        ("f(a, k=1, b=2)", "f(a, b=2)"),
        ("f(a, k=1,)", "f(a,)"),
        ("f(a)", "f(a)"),
        ("f(\n    k=1,\n)", "f()"),
        ("f(\n    k=1\n)", "f()"),
        ("f(\n    k=1,  # why\n)", "f(\n    # why\n)"),
        ("f(\n    a,\n    k=1,\n)", "f(\n    a,\n)"),
        ("f(\n    a,\n    k=1\n)", "f(a)"),
        ("f(\n    a,\n    k=1,\n    b=2\n)", "f(\n    a,\n    b=2\n)"),
        ("f(\n    [\n        1\n    ],\n    k=1\n)", "f(\n    [\n        1\n    ]\n)"),
        ("f(\n    a,  # a\n    k=1,  # k\n    b=2,  # b\n)", "f(\n    a,  # a\n    # k\n    b=2,  # b\n)"),
        ("f(\n    # above k\n    k=1,\n    b=2,\n)", "f(\n    # above k\n    b=2,\n)"),
        ("f(\n    a,\n    k=[  # in\n        1,  # k\n    ],\n)", "f(\n    a,\n    # in\n    # k\n)"),
        ("f(a, k=1,  # line\n  b=2)", "f(a,  # line\n  b=2)"),
        ("f(a,\n  k=1)", "f(a)"),
        ("f(k=1,\n  b=2)", "f(b=2)"),
        ("f(k=1  # k\n  , b=2)", "f(  # k\n    b=2)"),
        ("f(a  # a\n  , k=1)", "f(a  # a\n)"),
        ("f(a  # a\n  , k=1,)", "f(a  # a\n  ,)"),
        ("f(k=(  # k\n  1), b=2)", "f(  # k\n    b=2)"),
        ("f(a, k=[  # in\n  1,  # k\n  ])", "f(a  # in\n    # k\n)"),
        ("f(k  # k\n  =1,  # line\n  b=2)", "f(  # k\n  # line\n  b=2)"),
        ("f(\n    a,\n    k=1  # k\n    , b=2)", "f(\n    a,\n    # k\n    b=2)"),
    ],
)
def test_drop_keyword(before: str, after: str) -> None:
    assert call(before, edits.drop_keyword("k")) == after


def test_arguments_by_place() -> None:
    assert call("f(a, b, k=1)", edits.drop_argument(1)) == "f(a, k=1)"
    assert call("f(a, None)", edits.set_argument(1, "False")) == "f(a, False)"
    assert call("f(a, k=1)", edits.rename_keyword("k", "key")) == "f(a, key=1)"
    with pytest.raises(EditError, match="no argument 2"):
        call("f(a, b)", edits.drop_argument(2))


def test_rename_call_keeps_arguments_and_comments() -> None:
    before = "requests.get(\n    url,  # where\n    timeout=5)"
    assert call(before, edits.rename_call("client.get")) == "client.get(\n    url,  # where\n    timeout=5)"


def test_comments_within_what_is_replaced_stay() -> None:
    before = "(requests  # why\n .get)(url)"
    assert call(before, edits.rename_call("client.get")) == "((  # why\n    client.get))(url)"
    assert call("f(a[  # why\n  0])", edits.set_argument(0, "b")) == "f((  # why\n    b))"


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        ("@get\ndef f(): ...\n", "get", "@get(k=v)\ndef f(): ...\n"),
        ("@ls.get\ndef f(): ...\n", "ls.get", "@ls.get(k=v)\ndef f(): ...\n"),
        ('@get("/")  # root\ndef f(): ...\n', 'get("/")', '@get("/", k=v)  # root\ndef f(): ...\n'),
    ],
)
def test_decorators(before: str, text: str, after: str) -> None:
    assert rewritten(before, (text, cst.BaseExpression, edits.set_keyword("k", "v"))) == after
    assert rewritten(before, (f"@{text}", cst.Decorator, edits.set_keyword("k", "v"))) == after


def test_the_decorator_of_the_first_function_of_a_block() -> None:
    before = (
        "def m():\n    @get(\n        a\n    )\n    def f(): ...\n\n    class B:\n        @c()\n        class D: ...\n"
    )
    after = before.replace("        a\n", "        a,\n        k=v\n").replace("@c()", "@c(k=v)")
    keyword = edits.set_keyword("k", "v")
    assert rewritten(before, ("get(\n        a\n    )", cst.Call, keyword), ("c()", cst.Call, keyword)) == after


# ------------------------------------------------------------------------------------------------------ expressions
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = K", "x = a + b"),
        ("x = K * 2", "x = (a + b) * 2"),
        ("x = K + 2", "x = a + b + 2"),
        ("x = 2 - K", "x = 2 - (a + b)"),
        ("x = K.attr", "x = (a + b).attr"),
        ("x = K[0]", "x = (a + b)[0]"),
        ("x = y[K]", "x = y[a + b]"),
        ("x = K()", "x = (a + b)()"),
        ("x = f(K, *K2)", "x = f(a + b, *K2)"),
        ("x = not K", "x = not a + b"),
        ("x = -K", "x = -(a + b)"),
        ("x = K ** 2", "x = (a + b) ** 2"),
        ("x = (K)", "x = (a + b)"),
        ("x = K if y else z", "x = a + b if y else z"),
        ("x = K == 1", "x = a + b == 1"),
        ("x = [K for K2 in y]", "x = [a + b for K2 in y]"),
    ],
)
def test_a_sum_gets_parentheses_where_it_needs_them(before: str, after: str) -> None:
    assert rewritten(before, ("K", cst.Name, edits.replace_expression("a + b"))) == after


@pytest.mark.parametrize(
    ("new", "before", "after"),
    [
        ("await a()", "x = K.json()", "x = (await a()).json()"),
        ("await a()", "x = f(K)", "x = f(await a())"),
        ("await a()", "x = K + 1", "x = await a() + 1"),
        ("await a()", "x = not K", "x = not await a()"),
        ("a if b else c", "x = K if y else z", "x = (a if b else c) if y else z"),
        ("a if b else c", "x = y if z else K", "x = y if z else a if b else c"),
        ("a if b else c", "x = K or y", "x = (a if b else c) or y"),
        ("lambda: 1", "x = K", "x = lambda: 1"),
        ("a, b", "x = K", "x = a, b"),
        ("a, b", "x = f(K)", "x = f((a, b))"),
        ("a or b", "x = y and K", "x = y and (a or b)"),
        ("a == b", "x = y == K", "x = y == (a == b)"),
    ],
)
def test_other_expressions_get_parentheses_where_they_need_them(new: str, before: str, after: str) -> None:
    assert rewritten(before, ("K", cst.Name, edits.replace_expression(new))) == after


def test_wrap_expression_keeps_what_it_wraps() -> None:
    before = "x = {\n    'a': make(  # slow\n        1\n    ),\n}\n"
    after = "x = {\n    'a': Provide(make(  # slow\n        1\n    ), sync_to_thread=False),\n}\n"
    wrap = edits.wrap_expression("Provide(", ", sync_to_thread=False)")
    assert rewritten(before, ("make(  # slow\n        1\n    )", cst.Call, wrap)) == after


@pytest.mark.parametrize(
    ("before", "rewrite", "after"),
    [
        ("{'a', 'b'}", edits.add_element("'c'"), "{'a', 'b', 'c'}"),
        ("{\n    'a',  # one\n}", edits.add_element("'c'"), "{\n    'a',  # one\n    'c',\n}"),
        ("[\n    a,\n    b\n]", edits.add_element("c"), "[\n    a,\n    b,\n    c\n]"),
        ("[]", edits.add_element("c"), "[c]"),
        ("(a,)", edits.add_element("c"), "(a, c)"),
        ("{'a': 1}", edits.add_element("'c'", value="2"), "{'a': 1, 'c': 2}"),
        ("{'a', 'b', 'c'}", edits.drop_elements(0, 2), "{'b'}"),
        ("{\n    'a',\n    'b',  # two\n    'c',\n}", edits.drop_elements(1), "{\n    'a',\n    # two\n    'c',\n}"),
        ("(a, b)", edits.drop_elements(1), "(a,)"),
        ("a[b, c]", edits.drop_elements(1), "a[b]"),
        ("a[\n    b,\n    c,  # three\n]", edits.drop_elements(1), "a[\n    b,\n    # three\n]"),
        ("{'a': 1, **rest}", edits.drop_elements(0), "{**rest}"),
    ],
)
def test_displays(before: str, rewrite: edits.Rewrite, after: str) -> None:
    assert rewritten(f"x = {before}\n", (before, cst.BaseExpression, rewrite)) == f"x = {after}\n"


def test_annotations() -> None:
    before = "async def f(a: int = 1) -> str:  # note\n    x: int = 2\n    return ''\n\n\ndef g(b): ...\n"
    after = "async def f(a: A = 1) -> R:  # note\n    x: X = 2\n    return ''\n\n\ndef g(b: B) -> S: ...\n"
    f = before[: before.index("\n\n\ndef g")]
    assert (
        rewritten(
            before,
            ("a: int", cst.Param, edits.set_annotation("A")),
            ("x: int = 2", cst.AnnAssign, edits.set_annotation("X")),
            (f, cst.FunctionDef, edits.set_annotation("R")),
            ("b", cst.Param, edits.set_annotation("B")),
            ("def g(b): ...", cst.FunctionDef, edits.set_annotation("S")),
        )
        == after
    )


# --------------------------------------------------------------------------------------------------------- parameters
def function(before: str, *rewrites: edits.Rewrite) -> str:
    """Rewrite a function that is the whole source, given its header."""
    source = f"{before}\n    pass\n"
    return rewritten(source, (source.rstrip(), cst.FunctionDef, edits.compose(*rewrites))).removesuffix("\n    pass\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a):", "def f(new: int):"),
        ("def f(self, a: str, b=1):", "def f(self, new: int, b=1):"),
        ("def f(a=1, /, b=2):", "def f(new: int, /, b=2):"),
        ("def f(*, a, b):", "def f(*, new: int, b):"),
        ("def f(\n    self,\n    a,  # why\n    b,\n):", "def f(\n    self,\n    new: int,  # why\n    b,\n):"),
    ],
)
def test_replace_parameter(before: str, after: str) -> None:
    assert function(before, edits.replace_parameter("a", ("new", "int"))) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a):", "def f(new: int, a):"),
        ("def f(self, a: str, b=1):", "def f(self, new: int, a: str, b=1):"),
        ("def f(b, *, a):", "def f(b, *, new: int, a):"),
        ("def f(\n    a,\n    b,\n):", "def f(\n    new: int,\n    a,\n    b,\n):"),
        ("def f(\n    b,  # why\n    a,\n):", "def f(\n    b,  # why\n    new: int,\n    a,\n):"),
    ],
)
def test_insert_parameter(before: str, after: str) -> None:
    assert function(before, edits.insert_parameter("a", ("new", "int"))) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a):", "def f():"),
        ("def f(a, b):", "def f(b):"),
        ("def f(b, a):", "def f(b):"),
        ("def f(b, *, a, c):", "def f(b, *, c):"),
        ("def f(b, *, a):", "def f(b):"),
        ("def f(*, a):", "def f():"),
        ("def f(b, *, a, **c):", "def f(b, **c):"),
        ("def f(\n    b,\n    *,\n    a,\n):", "def f(\n    b,\n):"),
        ("def f(a, /, b):", "def f(b):"),
        ("def f(\n    b,\n    a,\n):", "def f(\n    b,\n):"),
    ],
)
def test_drop_parameter(before: str, after: str) -> None:
    assert function(before, edits.drop_parameter("a")) == after


def test_comments_within_parameters_are_not_lost() -> None:
    source = "def f(\n    a: list[  # why\n        int\n    ],\n    b,\n):"

    assert function(source, edits.drop_parameter("a")) == "def f(\n    # why\n    b,\n):"
    with pytest.raises(EditError, match="comment"):
        function(source, edits.replace_parameter("a", ("new", "int")))
    with pytest.raises(EditError, match="no parameter c"):
        function(source, edits.drop_parameter("c"))


def test_a_variable_is_renamed_where_it_is_no_attribute_and_no_keyword() -> None:
    source = "def f(a):\n    b = a.b + g(b=b, c=lambda: b)\n    return f'{b} b', h.b.c, b.d\n"

    found = rewritten(source, (source.rstrip(), cst.FunctionDef, edits.rename_variable("b", "new")))

    assert found == "def f(a):\n    new = a.b + g(b=new, c=lambda: new)\n    return f'{new} b', h.b.c, new.d\n"


# --------------------------------------------------------------------------------------------------------- statements
def test_statements_above_a_decorated_function() -> None:
    before = '"""Doc."""\n\nx = 1\n\n\n# about f\n@get\ndef f():\n    pass\n'
    after = '"""Doc."""\n\nx = 1\n\n\nclass D(Base):\n    config = 1\n\n\n# about f\n@get\ndef f():\n    pass\n'
    insert = edits.insert_before("class D(Base):\n    config = 1")
    assert rewritten(before, ("def f():\n    pass", cst.FunctionDef, insert)) == after


def test_the_title_of_a_section_stays_above_new_statements() -> None:
    before = "x = 1\n\n\n# ---- routes\n\n\n# about f\n@get\ndef f(): ...\n"
    after = before.replace("# about f", "class D: ...\n\n\n# about f")
    assert rewritten(before, ("def f(): ...", cst.FunctionDef, edits.insert_before("class D: ..."))) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a": 1}', "D(a=1)"),
        ("{ 'a': f(x), 'b':y, }", "D(a=f(x), b=y)"),
        ('({"a": 1})', "(D(a=1))"),
        ('{\n    "a": 1,  # one\n    # two\n    "b": 2,\n}', "D(\n    a=1,  # one\n    # two\n    b=2,\n)"),
        ('{\n    "a": 1, "b": 2  # both\n}', "D(\n    a=1, b=2  # both\n)"),
        ('{"a": 1,\n "b": {"c": 2}}', 'D(a=1,\n b={"c": 2})'),
    ],
)
def test_make_instance(before: str, after: str) -> None:
    display = before.strip("()")
    assert rewritten(f"x = {before}\n", (display, cst.Dict, edits.make_instance("D"))) == f"x = {after}\n"


def test_a_key_that_is_no_text_makes_no_keyword() -> None:
    with pytest.raises(EditError, match="a key that is no text"):
        rewritten("x = {a: 1}\n", ("{a: 1}", cst.Dict, edits.make_instance("D")))


def test_statements_beside_simple_ones() -> None:
    before = "a = 1\nb = 2\n\nc = 3\n"
    after = "a = 1\nx = 0\nb = 2\ny = 0\n\nc = 3\n"
    insert = edits.compose(edits.insert_before("x = 0"), edits.insert_after("y = 0"))
    assert rewritten(before, ("b = 2", cst.SimpleStatementLine, insert)) == after


def test_a_class_between_simple_statements_gets_blank_lines() -> None:
    before = "a = 1\nb = 2\n"
    after = "a = 1\n\n\nclass X: ...\n\n\nb = 2\n"
    assert rewritten(before, ("b = 2", cst.SimpleStatementLine, edits.insert_before("class X: ..."))) == after
    assert rewritten(before, ("a = 1", cst.SimpleStatementLine, edits.insert_after("class X: ..."))) == after


def test_a_method_gets_one_blank_line() -> None:
    before = "class A:\n    x = 1\n\n    def f(self): ...\n"
    after = "class A:\n    x = 1\n\n    def g(self): ...\n\n    def f(self): ...\n"
    assert rewritten(before, ("def f(self): ...", cst.FunctionDef, edits.insert_before("def g(self): ..."))) == after


@pytest.mark.parametrize(
    ("new", "after"),
    [
        ("yield x", "def f():\n    # above\n    yield x  # behind\n"),
        ("with g() as x:\n    yield x", "def f():\n    # above\n    with g() as x:  # behind\n        yield x\n"),
        ("a = 1\nyield a", "def f():\n    # above\n    a = 1\n    yield a  # behind\n"),
    ],
)
def test_replace_statement_keeps_comments(new: str, after: str) -> None:
    before = "def f():\n    # above\n    return x  # behind\n"
    assert rewritten(before, ("return x", cst.SimpleStatementLine, edits.replace_statement(new))) == after


def test_a_statement_of_a_one_line_suite() -> None:
    before = "if a: raise B  # why\n"
    assert rewritten(before, ("raise B", cst.SimpleStatementLine, edits.insert_before("log()"))) == (
        "if a:\n    log()\n    raise B  # why\n"
    )
    assert rewritten(before, ("raise B", cst.Raise, lambda node, _config: node.with_changes(exc=cst.Name("C")))) == (
        "if a: raise C  # why\n"
    )


def test_statements_of_one_line_are_edited_one_by_one() -> None:
    before = "def f():\n    # above\n    a = 1; b = 2; c = 3  # behind\n"
    line = cst.SimpleStatementLine
    assert rewritten(before, ("b = 2", line, edits.replace_statement("d = 4"))) == (
        "def f():\n    # above\n    a = 1\n    d = 4\n    c = 3  # behind\n"
    )
    assert rewritten(before, ("b = 2; c = 3", cst.IndentedBlock, edits.wrap_statements("with x:"))) == (
        "def f():\n    # above\n    a = 1\n    with x:\n        b = 2\n        c = 3  # behind\n"
    )
    assert rewritten(before, ("2", cst.Integer, edits.replace_expression("5"))) == before.replace("2", "5")
    assert rewritten("if a: b(); c()  # why\n", ("b()", line, edits.remove_statement())) == "if a:\n    c()  # why\n"


def test_remove_statement_keeps_its_comments() -> None:
    before = "def f():\n    a = 1\n\n    # why\n    b = 2  # b\n    return a\n"
    after = "def f():\n    a = 1\n\n    # why\n    # b\n    return a\n"
    assert rewritten(before, ("b = 2", cst.SimpleStatementLine, edits.remove_statement())) == after
    assert rewritten(before, ("b = 2", cst.Assign, edits.remove_statement())) == after


def test_removing_the_only_statement_leaves_a_block() -> None:
    before = "if a:\n    b()  # why\nc()\n"
    removed = rewritten(before, ("b()", cst.SimpleStatementLine, edits.remove_statement()))
    assert removed == "if a:\n    pass\n    # why\nc()\n"


def test_wrap_statements_moves_a_run_under_a_header() -> None:
    before = (
        "async def f():\n"
        '    """Doc."""\n'
        "    # first\n"
        "    a = get(\n"
        "        1)  # one\n"
        "\n"
        "    # second\n"
        '    b = """\n'
        "  as it is\n"
        '"""\n'
        "    return a\n"
        "    # end\n"
    )
    after = (
        "async def f():\n"
        '    """Doc."""\n'
        "    # first\n"
        "    async with c() as d:\n"
        "        a = await d.get(\n"
        "            1)  # one\n"
        "\n"
        "        # second\n"
        '        b = """\n'
        "  as it is\n"
        '"""\n'
        "    return a\n"
        "    # end\n"
    )
    run = before[before.index("a = get") : before.index("\n    return")]
    inner = edits.compose(edits.rename_call("d.get"), edits.wrap_expression("await ", ""))
    assert (
        rewritten(
            before,
            (run, cst.IndentedBlock, edits.wrap_statements("async with c() as d:")),
            ("get(\n        1)", cst.Call, inner),
        )
        == after
    )


def test_wrap_statements_at_module_level_and_nested() -> None:
    before = "a()\nb()\nc()\n"
    assert (
        rewritten(
            before,
            ("a()\nb()", cst.IndentedBlock, edits.wrap_statements("with x:")),
            ("b()", cst.IndentedBlock, edits.wrap_statements("with y:")),
        )
        == "with x:\n    a()\n    with y:\n        b()\nc()\n"
    )


def test_wrap_statements_in_a_one_line_suite() -> None:
    before = "def f(): return g()\n"
    after = "def f():\n    with x:\n        return g()\n"
    assert rewritten(before, ("return g()", cst.IndentedBlock, edits.wrap_statements("with x:"))) == after


def test_make_async() -> None:
    before = "class A:\n    @staticmethod\n    def f() -> int:\n        return 1\n"
    after = "class A:\n    @staticmethod\n    async def f() -> int:\n        return 1\n"
    text = "def f() -> int:\n        return 1"
    assert rewritten(before, (text, cst.FunctionDef, edits.make_async())) == after


# ---------------------------------------------------------------------------------------------------------- classes
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("class A(B):\n    def f(self): ...\n", "class A(B):\n    new = 1\n\n    def f(self): ...\n"),
        ("class A(B):\n    path = 1\n    x = 2\n", "class A(B):\n    path = 1\n    new = 1\n    x = 2\n"),
        (
            'class A(B):\n    """Doc."""\n\n    path = 1  # here\n\n    def f(self): ...\n',
            'class A(B):\n    """Doc."""\n\n    path = 1  # here\n    new = 1\n\n    def f(self): ...\n',
        ),
        (
            'class A(B):\n    """Doc."""\n\n    def f(self): ...\n',
            'class A(B):\n    """Doc."""\n\n    new = 1\n\n    def f(self): ...\n',
        ),
        ('class A(B):\n    """Doc."""\n', 'class A(B):\n    """Doc."""\n\n    new = 1\n'),
        ("class A(B): ...\n", "class A(B):\n    new = 1\n"),
        ("class A(B):\n    pass  # nothing\n", "class A(B):\n    new = 1  # nothing\n"),
        (
            "class A(B):\n    # about f\n    @get\n    def f(self): ...\n",
            "class A(B):\n    new = 1\n\n    # about f\n    @get\n    def f(self): ...\n",
        ),
        ("class A(B):\n\tdef f(self): ...\n", "class A(B):\n\tnew = 1\n\n\tdef f(self): ...\n"),
        ("class A(B):\n    path = 1; x = 2\n    y = 3\n", "class A(B):\n    path = 1; x = 2\n    new = 1\n    y = 3\n"),
        (
            'class A(B):\n    """Doc."""; x = 2\n    y = 3\n',
            'class A(B):\n    """Doc."""; x = 2\n\n    new = 1\n    y = 3\n',
        ),
    ],
)
def test_add_class_attribute(before: str, after: str) -> None:
    add = edits.add_class_attribute("new = 1", after=("path",))
    assert rewritten(before, (before.removesuffix("\n").removesuffix("  # nothing"), cst.ClassDef, add)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("class A:\n    old = 1\n    b = 2\n", "class A:\n    b = 2\n"),
        ("class A:\n    old = 1  # why\n\n    def f(self): ...\n", "class A:\n    # why\n    def f(self): ...\n"),
        ("class A:\n    old = 1\n", "class A:\n    pass\n"),
        ("class A:\n    b = 2\n\n    old: int = 1\n", "class A:\n    b = 2\n"),
        ("class A:\n    old = 1; b = 2\n", "class A:\n    b = 2\n"),
    ],
)
def test_remove_class_attribute(before: str, after: str) -> None:
    remove = edits.remove_class_attribute("old")
    assert rewritten(before, (before.removesuffix("\n"), cst.ClassDef, remove)) == after


# ---------------------------------------------------------------------------------------------------------- layouts
def test_the_newline_and_indentation_of_the_file_are_used() -> None:
    before = "class A:\r\n\tx = 1\r\n"
    after = "class A:\r\n\tdef f(self):\r\n\t\treturn 1\r\n\r\n\tx = 1\r\n"
    insert = edits.insert_before("def f(self):\n    return 1")
    source = before.encode()
    project = Project(Path(), {"app.py": collect("app.py", source)}, Settings())
    span = collect("app.py", source).classes[0].attributes[0].span
    made = edits.NodeEdit("app.py", span, cst.SimpleStatementLine, insert)
    assert apply(source, [made], Surroundings(project, "app.py")) == after.encode()


def test_source_that_is_none_is_an_error() -> None:
    with pytest.raises(EditError, match="not an expression"):
        call("f()", edits.set_keyword("k", "def"))
    with pytest.raises(EditError, match="no Call at 1:1"):
        rewritten("f = 1\n", ("f", cst.Call, edits.drop_keyword("k")))
