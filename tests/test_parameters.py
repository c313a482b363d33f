"""Edits of what functions take and what their docstrings tell of it."""

from __future__ import annotations

from textwrap import dedent

import libcst as cst
import pytest

from litestar_fix import edits

TWO = [("agent", "str | None"), ("client", "Address | None")]


def header(source: str, new: list[tuple[str, str]]) -> str:
    """The function after its parameter ``a`` was replaced."""
    module = cst.parse_module(source)
    rewrite = edits.replace_parameter("a", *new) if new else edits.drop_parameter("a")
    return module.with_changes(body=[rewrite(module.body[0], module.config_for_parsing)]).code


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("def f(a): pass\n", "def f(): pass\n", id="the only one"),
        pytest.param("def f(self, a: X = 1): pass\n", "def f(self): pass\n", id="the last"),
        pytest.param("def f(a, b): pass\n", "def f(b): pass\n", id="the first"),
        pytest.param("def f(b, *, a): pass\n", "def f(b): pass\n", id="a star goes with the last that needs it"),
        pytest.param("def f(b, *, a, c): pass\n", "def f(b, *, c): pass\n", id="a star stays for others"),
        pytest.param("def f(*b, a): pass\n", "def f(*b): pass\n", id="a star with a name stays"),
        pytest.param("def f(a, /, b): pass\n", "def f(b): pass\n", id="a slash goes, too"),
        pytest.param("def f(\n    a,\n): pass\n", "def f(): pass\n", id="brackets close up"),
        pytest.param("def f(\n    b, a\n): pass\n", "def f(\n    b\n): pass\n", id="brackets stay open"),
        pytest.param(
            "def f(\n    b,\n    a,  # one\n): pass\n", "def f(\n    b,\n    # one\n): pass\n", id="a comment behind it"
        ),
        pytest.param(
            "def f(\n    # two\n    a,  # one\n): pass\n",
            "def f(\n    # two\n    # one\n): pass\n",
            id="comments around the only one",
        ),
        pytest.param(
            "def f(\n    a,  # one\n    b,\n): pass\n",
            "def f(\n    # one\n    b,\n): pass\n",
            id="a comment of the first",
        ),
    ],
)
def test_a_parameter_goes(before: str, after: str) -> None:
    assert header(before, []) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "def f(self, a, b): pass\n",
            "def f(self, agent: str | None, client: Address | None, b): pass\n",
            id="between others",
        ),
        pytest.param(
            "def f(self, *, a): pass\n",
            "def f(self, *, agent: str | None, client: Address | None): pass\n",
            id="behind a star",
        ),
        pytest.param(
            "def f(\n    self,\n    a: X,  # one\n): pass\n",
            "def f(\n    self,\n    agent: str | None,\n    client: Address | None,  # one\n): pass\n",
            id="each on its line",
        ),
        pytest.param(
            "def f(\n    a: X,\n): pass\n",
            "def f(\n    agent: str | None,\n    client: Address | None,\n): pass\n",
            id="as the only one",
        ),
    ],
)
def test_parameters_take_the_place_of_one(before: str, after: str) -> None:
    assert header(before, TWO) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            """
            Args:
                a: The one,
                    and more.
                b: The other.
            """,
            """
            Args:
                agent: Who.
                client: Where.
                b: The other.
            """,
            id="Google",
        ),
        pytest.param(
            """
            :param a: The one
                and more.
            :type a: Request
            :param b: The other.
            """,
            """
            :param agent: Who.
            :param client: Where.
            :param b: The other.
            """,
            id="Sphinx",
        ),
        pytest.param(
            """
            Parameters
            ----------
            a : Request
                The one,
                and more.
            b : str
                The other.

            Returns
            -------
            a
            """,
            """
            Parameters
            ----------
            agent
                Who.
            client
                Where.
            b : str
                The other.

            Returns
            -------
            a
            """,
            id="NumPy",
        ),
        pytest.param("Use a: it helps.", "Use a: it helps.", id="a sentence"),
        pytest.param(
            """
            Args:
                a (Request): The one.

            Returns:
                It.
            """,
            """
            Args:
                agent: Who.
                client: Where.

            Returns:
                It.
            """,
            id="with a type",
        ),
    ],
)
def test_a_docstring_tells_of_the_new_parameters(before: str, after: str) -> None:
    module = cst.parse_module(f'def f(a):\n    """Do it.\n{dedent(before)}\n    """\n')
    rewrite = edits.retell_parameter("a", [("agent", "Who."), ("client", "Where.")])

    result = module.with_changes(body=[rewrite(module.body[0], module.config_for_parsing)]).code

    assert result == f'def f(a):\n    """Do it.\n{dedent(after)}\n    """\n'
