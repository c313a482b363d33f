"""How rewritten code is laid out: as the settings of a project's formatter say, else as the file itself shows."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path
from types import SimpleNamespace

import pytest

from litestar_fix.apply.closing_up import closed_up
from litestar_fix.apply.layout import laid_out
from litestar_fix.model.code_style import CodeStyle, code_style, line_length
from litestar_fix.model.collect import collect
from litestar_fix.model.project import Project
from litestar_fix.settings import Settings
from tests.goldens import Case, cases

RUFF = shutil.which("ruff", path=sysconfig.get_path("scripts")) or "ruff"


def laid(before: str, after: str, limit: int = 40, quote: str | None = None) -> str:
    """A file after its edits."""
    surroundings = SimpleNamespace(line_length=limit, quote=quote)
    return laid_out(before.encode(), after.encode(), surroundings).decode()  # type: ignore[arg-type]


def formatted(source: bytes, limit: int) -> bytes:
    """What ruff makes of a file."""
    command = [RUFF, "format", "--isolated", "--line-length", str(limit), "-"]
    return subprocess.run(command, input=source, capture_output=True, check=True).stdout


# -------------------------------------------------------------------------------------------------------------- lines
BROKEN = {
    "def": "def find(self, agent: str, *, number: int = 1) -> str:\n    pass\n",
    "def with parameters on one line": "async def find(self, agent: str) -> dict[str, int]:\n    pass\n",
    "def without anything to break": "def find_the_one_that_there_is_no_more_of():\n    pass\n",
    "def with one parameter": "def find_the_one(agent: str, /) -> str | None:\n    pass\n",
    "def with one parameter only": "def find_the_one(agent: str) -> str | None:\n    pass\n",
    "class": "class Controller(FirstMixin, SecondMixin, Base):\n    pass\n",
    "call on one line": "send_a_message(first, second, third_one)\n",
    "call with a line each": "send_a_message_to(first_of_them_all, the_second, third)\n",
    "call of one argument": "send_a_message_to(the_first_one_of_them_all)\n",
    "call of nothing at the end": "message = send_a_message(first, second).all()\n",
    "subscript last": "word = send_a_message_to(first, second).hex()[:8]\n",
    "argument that does not fit": "app(one=1, two=router(first=first, second=second, third=3))\n",
    "import": "from harbour.model.ships import Ferry, Barge\n",
    "relative import": "from .model.of_ships_and_more import Ferry as F\n",
    "display": "names = [first_of_all, second, third, fourth]\n",
    "set": "print({first_of_all, second, third, fourth_one})\n",
    "dict": "names = {first_of_all: 1, **others, third: 'x'}\n",
    "tuple": "names = (first_of_all, second, third, fourth)\n",
    "exceptions": "try:\n    pass\nexcept (FirstError, SecondError, ThirdError):\n    pass\n",
    "comprehension": "names = [name.lower() for name in ships if name.lower()]\n",
    "comprehension that fits on one line": "found = [name for name in ships_of_the_bay]\n",
    "choice": "names = ships_of_the_harbour(1) if is_open() else ships_at_sea()\n",
    "choice that fits on one line": "vessels = find_ships(1) if is_open else []\n",
    "choice that is returned": "def find():\n    return find_ships(1) if is_open else []\n",
    "generator": "send(name.lower() for name in ships_of_the_harbour)\n",
    "lambda": "send(lambda one, two: one + two, four=4, five=5)\n",
    "formatted string": "send(f'{one:>{two}}, {three}', 'four', 'and five')\n",
    "within brackets": "app = App(\n    routes=[one, two, three, four, five],\n)\n",
    "all of some brackets": "app = App(\n    routes_of_it, one, two, three, four, five\n)\n",
    "the one of some brackets": "app = App(\n    router(routes_of_it, one, two, three, f)\n)\n",
    "with": "with open_a_file(the_name, of_that_file) as file:\n    pass\n",
    "raise": "raise TheError(status_code, detail='no more') from error\n",
    "a comment": "send_a_message(first, second, third)  # why\n",
    "a comment within brackets": "app = App(\n    routes=[one, two, three],  # why not\n)\n",
    "in a block": "if True:\n    send_a_message(first, second, thirds)\n",
}


@pytest.mark.parametrize("after", BROKEN.values(), ids=BROKEN)
def test_long_lines_are_broken_as_a_formatter_does(after: str) -> None:
    after = after.replace("'", '"')

    assert laid("pass\n", after) == formatted(after.encode(), 40).decode()


LEFT = {
    "a comment for tools": "send_a_message(first, second, third)  # noqa: F401\n",
    "a comment behind an import": "from harbour.model.ships import Ferry  # why\n",
    "a long text": 'text = """\nsend_a_message(first, second, third_one)\n"""\n',
    "a continued line": "name = send_a_message(first, second, \\\n    third_one)\n",
    "two statements": "send_a_message(first, second, third); stop()\n",
    "a body on its line": "if name: send_a_message(first, second, third)\n",
    "no brackets": "name = first_of_them_all + second_of_them_all\n",
}


@pytest.mark.parametrize("after", LEFT.values(), ids=LEFT)
def test_long_lines_that_cannot_be_broken_well_stay(after: str) -> None:
    assert laid("pass\n", after) == after


def closed(original: str, after: str, limit: int = 40) -> str:
    """A file after its last edits, with what it was before all of them."""
    surroundings = SimpleNamespace(line_length=limit)
    return closed_up(original.encode(), after.encode(), surroundings).decode()  # type: ignore[arg-type]


@pytest.mark.parametrize("after", BROKEN.values(), ids=BROKEN)
def test_what_was_broken_for_want_of_room_stays_so(after: str) -> None:
    broken = laid("", after)

    assert closed("", broken) == broken


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(
            "if is_open:\n    from harbour import (\n        first,\n        second_one,\n    )\n", id="import"
        ),
        pytest.param("send_a_message(\n    first,\n    second,  # at once,\n)\n", id="comment"),
        pytest.param("send_a_message(\n    # at once,\n    first,\n)\n", id="comment between"),
        pytest.param('print("""\nvalues (\n    1,\n    2,\n)\n""")\n', id="text"),
        pytest.param("names: tuple[\n    int,\n] = (1,)\n", id="tuple"),
    ],
)
def test_what_cannot_be_closed_up_stays(after: str) -> None:
    assert closed("", after, 36) == after


def test_a_closed_import_has_no_brackets() -> None:
    assert closed("", "from harbour import (\n    first,\n    second,\n)\n") == "from harbour import first, second\n"


def test_what_the_owner_laid_out_is_not_closed_up() -> None:
    owned = "send(\n    first,\n    second,\n)\n"

    assert closed(owned, owned.replace("send", "send_all")) == owned.replace("send", "send_all")


def test_only_new_lines_are_broken() -> None:
    long = "send_a_message(first, second, third, fourth)\n"

    assert laid(f"{long}a = 1\n", f"{long}a = 2\n") == f"{long}a = 2\n"


def test_an_edited_line_that_was_too_long_is_broken_only_if_it_grows() -> None:
    before = "send_a_message_to(first, second, third, fourth)\n"
    shorter, longer = before.replace("first, ", ""), before.replace("first", "the_first_of_all")

    assert laid(before, shorter, limit=30) == shorter
    assert laid(before, longer, limit=30).startswith("send_a_message_to(\n")


def test_newlines_indentation_and_encoding_are_those_of_the_file() -> None:
    before = "# coding: latin-1\r\nif True:\r\n\tpass\r\n"
    after = before.replace("pass", "send('stra\xdfe', second_of_them_all, third)")
    surroundings = SimpleNamespace(line_length=40, quote=None)

    result = laid_out(before.encode("latin-1"), after.encode("latin-1"), surroundings)  # type: ignore[arg-type]

    assert result.decode("latin-1") == before.replace(
        "pass", "send(\r\n\t\t'stra\xdfe', second_of_them_all, third\r\n\t)"
    )


# ------------------------------------------------------------------------------------------------------------- quotes
ALIGNED = {
    "arguments": ("a = f(x,\n      y=g(1,\n          2))\nb()\n", "a = to(f, x,\n       y=g(1,\n           2))\nb()\n"),
    "to the left": ("a = find(x,\n         y)\n", "a = f(x,\n      y)\n"),
    "a condition and its block": (
        "if f(x,\n     y):\n        z()\n",
        "if await f(x,\n           y):\n        z()\n",
    ),
    "within other brackets": ("a = [\n    f(x,\n      y),\n    z,\n]\n", "a = [\n    to(x,\n       y),\n    z,\n]\n"),
}


@pytest.mark.parametrize(("before", "after"), ALIGNED.values(), ids=ALIGNED)
def test_what_is_aligned_with_a_bracket_moves_with_it(before: str, after: str) -> None:
    changed = {line for line in after.splitlines() if line.lstrip() not in map(str.lstrip, before.splitlines())}
    edited = "".join(
        f"{new if new in changed else old}\n" for old, new in zip(before.splitlines(), after.splitlines(), strict=True)
    )

    assert edited != after
    assert laid(before, edited) == after


NOT_ALIGNED = {
    "a hanging line": ("a = f(x,\n    y)\n", "a = to(f, x,\n    y)\n"),
    "a line that is indented less": ("a = f(x,\n      y,\n    z)\n", "a = to(f, x,\n      y,\n    z)\n"),
    "a text of several lines": ('a = f(x,\n      """\n      y""")\n', 'a = to(f, x,\n      """\n      y""")\n'),
    "tabs": ("a = f(x,\n\ty)\n", "a = to(f, x,\n\ty)\n"),
    "no room": (f"a = f(x,\n      {'y' * 33})\n", f"a = to(f, x,\n      {'y' * 33})\n"),
}


@pytest.mark.parametrize(("before", "after"), NOT_ALIGNED.values(), ids=NOT_ALIGNED)
def test_what_is_not_aligned_or_cannot_be_stays(before: str, after: str) -> None:
    assert laid(before, after) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a = 'x'\n", "b = 'y'\n", id="single ones"),
        pytest.param('a = "x"\n', 'b = "y"\n', id="double ones"),
        pytest.param("a = 1  # it's\n", 'b = "y"\n', id="none, but for a comment"),
        pytest.param("a = 'x', 'y', \"it's\"\n", "b = 'y'\n", id="double ones where they are needed"),
        pytest.param("'''It.'''\na = \"x\"\n", 'b = "y"\n', id="texts of several lines do not count"),
    ],
)
def test_new_strings_have_the_quotes_of_the_file(before: str, after: str) -> None:
    assert laid(before, f'{before}b = "y"\n') == before + after


def test_what_other_strings_begin_with_or_hold_was_not_written_before() -> None:
    before = '"""It."""\na = \'x\', \'y "moved" z\'\n'

    assert laid(before, f'{before}b = "", "moved"\n') == f"{before}b = '', 'moved'\n"


def test_strings_stay_as_they_are_where_other_quotes_would_change_them() -> None:
    before = "a = 'x', 'y'\nb = \"moved\"\n"
    new = 'c = f"{b!r:>{1}}", "it\'s", r"\\d", "\\t", "moved", """y"""\n'

    assert laid(before, before + new, limit=99) == before + new


def test_settings_come_before_what_the_file_shows() -> None:
    assert laid("a = 'x'\n", "a = 'x'\nb = \"y\"\n", quote='"') == "a = 'x'\nb = \"y\"\n"
    assert laid("a = 1\n", 'a = 1\nb = "y"\n', quote="'") == "a = 1\nb = 'y'\n"


# ----------------------------------------------------------------------------------------------------------- settings
@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, CodeStyle(), id="none"),
        pytest.param({"pyproject.toml": "[project]\nname = 'a'\n"}, CodeStyle(), id="none of a formatter"),
        pytest.param({"pyproject.toml": "[tool.ruff]\nline-length = 79\n"}, CodeStyle(79), id="ruff"),
        pytest.param({"pyproject.toml": "[tool.ruff]\nfix = true\n"}, CodeStyle(88), id="ruff as it comes"),
        pytest.param(
            {"ruff.toml": "line-length = 100\n[format]\nquote-style = 'single'\n"},
            CodeStyle(100, "'"),
            id="a file of ruff",
        ),
        pytest.param({".ruff.toml": "line-length = 100\n"}, CodeStyle(100), id="a hidden file of ruff"),
        pytest.param({"pyproject.toml": "[tool.black]\nline-length = 100\n"}, CodeStyle(100), id="black"),
        pytest.param({"pyproject.toml": "[tool.black]\nline_length = 100\n"}, CodeStyle(100), id="black otherwise"),
        pytest.param(
            {"pyproject.toml": "[tool.ruff]\nselect = ['E']\n[tool.black]\nline-length = 100\n"},
            CodeStyle(100),
            id="ruff for rules, black for layout",
        ),
        pytest.param(
            {"ruff.toml": "[lint.flake8-quotes]\ninline-quotes = 'single'\n"}, CodeStyle(88, "'"), id="quotes as a rule"
        ),
        pytest.param(
            {"pyproject.toml": "[tool.ruff.format]\nquote-style = 'double'\n"}, CodeStyle(88, '"'), id="double quotes"
        ),
        pytest.param(
            {"pyproject.toml": "[tool.ruff.format]\nquote-style = 'preserve'\n"}, CodeStyle(88), id="quotes as they are"
        ),
        pytest.param(
            {"src/ruff.toml": "line-length = 79\n", "pyproject.toml": "[tool.ruff]\nline-length = 100\n"},
            CodeStyle(79),
            id="the nearest",
        ),
        pytest.param(
            {"src/ruff.toml": "extend = '../base.toml'\n", "base.toml": "line-length = 79\n"},
            CodeStyle(79),
            id="extended",
        ),
        pytest.param({"ruff.toml": "extend = 'ruff.toml'\n"}, CodeStyle(88), id="extended by itself"),
        pytest.param({"ruff.toml": "line-length = 'x'\n"}, CodeStyle(88), id="no number"),
        pytest.param({"ruff.toml": "line-length = \n"}, CodeStyle(), id="no TOML"),
    ],
)
def test_settings_of_formatters(files: dict[str, str], expected: CodeStyle, tmp_path: Path) -> None:
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content)

    assert code_style(tmp_path, "src/app.py") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("x = 1\n", 88, id="nothing"),
        pytest.param(f"def f(a: int) -> {'x' * 80}: ...\n", 98, id="a signature"),
        pytest.param(f"@get('/', name='{'x' * 90}')\ndef f(): ...\n", 108, id="a decorator"),
        pytest.param(f"def f():\n    return [g({'x' * 90})]\n", 106, id="a call in a body"),
        pytest.param(f"class A:\n    names = ['{'x' * 90}']\n", 106, id="a display in a class"),
        pytest.param(f"x = '{'x' * 100}'\n", 88, id="a text cannot be broken"),
        pytest.param(f"f('{'x' * 150}')\n", 88, id="an oversight"),
    ],
)
def test_what_a_file_shows(source: str, expected: int, tmp_path: Path) -> None:
    project = Project(tmp_path, {"app.py": collect("app.py", source.encode())}, Settings())

    assert line_length(project, "app.py") == expected


# ------------------------------------------------------------------------------------------------------------ goldens
@pytest.mark.parametrize("case", [case for case in cases() if case.after != case.before], ids=str)
def test_what_was_formatted_is_formatted_after_the_fix(case: Case) -> None:
    paths = [path.relative_to(case.before).as_posix() for path in case.before.rglob("*.py")]
    modules = {path: collect(path, (case.before / path).read_bytes()) for path in paths}
    project = Project(case.before, modules, Settings())
    for path in paths:
        before, after = (case.before / path).read_bytes(), (case.after / path).read_bytes()
        limit = line_length(project, path)
        if before != after and formatted(before, limit) == before:
            assert after.decode() == formatted(after, limit).decode()
