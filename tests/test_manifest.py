"""Manifests: twelve layouts keep their comments and order, and what cannot be edited is left alone."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from litestar_fix.errors import EditError
from litestar_fix.manifest import edit, manifests, refresh_command, requirements

ADD = {"httpx": "0.28.1"}

CASES = [
    pytest.param(
        "pyproject.toml",
        """
        [project]
        name = "mill"  # flour
        dependencies = [
            "anyio>=4",
            "litestar>=2.0",  # routing
            # the millers' services
            "requests>=2.31",
            "uvicorn>=0.30",
        ]

        [tool.ruff]
        line-length = 100
        """,
        """
        [project]
        name = "mill"  # flour
        dependencies = [
            "anyio>=4",
            "httpx>=0.28",
            "litestar>=2.0",  # routing
            # the millers' services
            "uvicorn>=0.30",
        ]

        [tool.ruff]
        line-length = 100
        """,
        id="a sorted list takes it at its place",
    ),
    pytest.param(
        "pyproject.toml",
        """
        [project]
        dependencies = [
          'uvicorn',
          'requests',
          'litestar'
        ]  # in order of importance
        """,
        """
        [project]
        dependencies = [
          'uvicorn',
          'httpx',
          'litestar'
        ]  # in order of importance
        """,
        id="an unsorted list takes it where the other one was",
    ),
    pytest.param(
        "pyproject.toml",
        """
        [project]
        dependencies = [
            "litestar",
            "anyio",  # threads
            # "sqlalchemy",
            "requests"
        ]
        """,
        """
        [project]
        dependencies = [
            "litestar",
            "anyio",  # threads
            # "sqlalchemy",
            "httpx"
        ]
        """,
        id="a list without a last comma stays without",
    ),
    pytest.param(
        "pyproject.toml",
        """
        [project]
        dependencies = ["litestar>=2.12,<3", "requests~=2.31"]
        optional-dependencies.mill = ["requests==2.32.3"]
        """,
        """
        [project]
        dependencies = ["httpx~=0.28", "litestar>=2.12,<3"]
        optional-dependencies.mill = ["requests==2.32.3"]
        """.replace('["requests==2.32.3"]', "[]"),
        id="lists on one line, and what the application has no extra needs",
    ),
    pytest.param(
        "pyproject.toml",
        """
        [tool.poetry]
        name = "mill"

        [tool.poetry.dependencies]
        python = "^3.11"
        litestar = "^2.12"
        requests = "^2.32"  # the millers
        uvicorn = { version = "^0.32", extras = ["standard"] }

        [tool.poetry.group.dev.dependencies]
        pytest = "^8"
        """,
        """
        [tool.poetry]
        name = "mill"

        [tool.poetry.dependencies]
        python = "^3.11"
        httpx = "^0.28"
        litestar = "^2.12"
        uvicorn = { version = "^0.32", extras = ["standard"] }

        [tool.poetry.group.dev.dependencies]
        pytest = "^8"
        """,
        id="a table of poetry",
    ),
    pytest.param(
        "pyproject.toml",
        """
        [tool.poetry.dependencies]
        python = ">=3.11"
        uvicorn = "*"
        requests = {extras = ["socks"], version = "*"}
        litestar = "*"
        """,
        """
        [tool.poetry.dependencies]
        python = ">=3.11"
        uvicorn = "*"
        httpx = "*"
        litestar = "*"
        """,
        id="an unsorted table of poetry",
    ),
    pytest.param(
        "pyproject.toml",
        """
        [project]
        name = "mill"
        version = "1"

        [tool.ruff]
        """,
        """
        [project]
        name = "mill"
        version = "1"
        dependencies = ["httpx>=0.28"]

        [tool.ruff]
        """,
        id="a project that had none gets a list",
    ),
    pytest.param(
        "requirements.txt",
        """
        # the server
        litestar==2.12.1
        uvicorn[standard]==0.32.0

        # the millers
        requests==2.32.3  # as they run it
        """,
        """
        # the server
        litestar==2.12.1
        uvicorn[standard]==0.32.0

        # the millers
        httpx==0.28.1
        """,
        id="a requirements file in paragraphs",
    ),
    pytest.param(
        "requirements/base.in",
        """
        -r common.in
        -e ./mill
        git+https://git.example/stones.git
        ./wheels/stones-1.0-py3-none-any.whl
        anyio
        litestar>=2
        requests>=2
        """,
        """
        -r common.in
        -e ./mill
        git+https://git.example/stones.git
        ./wheels/stones-1.0-py3-none-any.whl
        anyio
        httpx>=0.28
        litestar>=2
        """,
        id="a requirements file with options and paths",
    ),
    pytest.param("requirements.txt", "\n", "\nhttpx>=0.28\n", id="an empty requirements file"),
]
GROUPS = [
    pytest.param(
        "pyproject.toml",
        """
        [project]
        dependencies = ["litestar"]

        [dependency-groups]
        smoke = [
            {include-group = "test"},
            "Requests >= 2.31 ; python_version < '3.13'",
        ]
        test = ["pytest"]
        """,
        """
        [project]
        dependencies = ["litestar"]

        [dependency-groups]
        smoke = [
            {include-group = "test"},
            "httpx >= 0.28",
        ]
        test = ["pytest"]
        """,
        id="a group of PEP 735 that had it gets the other",
    ),
    pytest.param(
        "pyproject.toml",
        """
        [project]
        dependencies = ["litestar"]

        [tool.pdm.dev-dependencies]
        test = ["requests"]
        """,
        """
        [project]
        dependencies = ["litestar"]

        [tool.pdm.dev-dependencies]
        test = ["httpx"]
        """,
        id="a development list of pdm",
    ),
]


@pytest.mark.parametrize(("name", "old", "new"), CASES + GROUPS)
def test_a_dependency_is_exchanged_in_the_style_of_the_file(name: str, old: str, new: str) -> None:
    edited = edit(name, dedent(old).encode(), add=ADD, remove=["requests"])

    assert edited.decode() == dedent(new)


@pytest.mark.parametrize(("name", "old", "new"), CASES + GROUPS)
def test_line_endings_and_a_byte_order_mark_stay(name: str, old: str, new: str) -> None:
    before, after = (f"\ufeff{dedent(text)}".replace("\n", "\r\n").encode() for text in (old, new))

    assert edit(name, before, add=ADD, remove=["requests"]) == after


@pytest.mark.parametrize(("name", "old", "new"), CASES)
def test_a_second_edit_changes_nothing(name: str, old: str, new: str) -> None:  # noqa: ARG001 (one table for all)
    assert edit(name, dedent(new).encode(), add=ADD, remove=["requests"]) == dedent(new).encode()


@pytest.mark.parametrize(
    "content",
    [
        '[project]\ndynamic = ["dependencies"]\n',
        "[tool.litestar-fix]\nrewrite-sync-requests = true\n",
        '[project]\ndependencies = ["HTTPX[http2]>=0.23"]\n',
    ],
    ids=["the build backend lists them", "nothing is declared", "another version is there"],
)
def test_nothing_is_added_where_it_does_not_belong(content: str) -> None:
    assert edit("pyproject.toml", content.encode(), add=ADD, remove=[]) == content.encode()


def test_a_file_that_needs_nothing_keeps_its_last_line_open() -> None:
    content = b"httpx==0.24.1\nlitestar==2.12.1"

    assert edit("requirements.txt", content, add=ADD, remove=[]) == content
    assert edit("requirements.txt", content[14:], add=ADD, remove=[]) == b"httpx==0.28.1\nlitestar==2.12.1"


def test_spaces_around_the_operator_are_a_style() -> None:
    content = b'[project]\ndependencies = [\n    "litestar ~= 2.12",\n]\n'

    assert b'    "httpx ~= 0.28",\n' in edit("pyproject.toml", content, add=ADD, remove=[])


def test_a_development_group_does_not_stand_in_for_the_application() -> None:
    content = b'[project]\ndependencies = ["litestar"]\n\n[dependency-groups]\ntest = ["httpx"]\n'

    assert b'dependencies = ["httpx", "litestar"]' in edit("pyproject.toml", content, add=ADD, remove=[])


def test_a_name_is_compared_as_pep_503_does() -> None:
    content = b"python.dateutil==2.9\nlitestar==2.12.1\n"

    assert edit("requirements.txt", content, add={"Python_DateUtil": "2.9.0"}, remove=[]) == content


@pytest.mark.parametrize(
    "content",
    [
        b"# This file was autogenerated by uv via the following command:\n#    uv pip compile x.in\nrequests==2.32.3\n",
        b"requests==2.32.3 \\\n    --hash=sha256:1f4e\n",
    ],
    ids=["by its header", "by its hashes"],
)
def test_a_compiled_requirements_file_is_never_edited(content: bytes) -> None:
    assert edit("requirements.txt", content, add=ADD, remove=["requests"]) == content


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("pyproject.toml", b"[project\n", "not valid TOML"),
        ("pyproject.toml", b"\xff\xfe", "not UTF-8"),
        ("requirements.txt", "requests\n".encode("utf-16"), "not UTF-8"),
        ("pyproject.toml", b"[tool]\npoetry = {dependencies = {litestar = '*'}}\n", "no line"),
    ],
    ids=["broken", "binary", "utf-16", "a table within a table"],
)
def test_what_cannot_be_edited_is_named(name: str, content: bytes, reason: str) -> None:
    with pytest.raises(EditError, match=reason):
        edit(name, content, add=ADD, remove=["requests"])


def test_dependencies_are_read_in_the_order_of_their_lists() -> None:
    content = b"""
[dependency-groups]
test = ["pytest>=8", {include-group = "lint"}]

[project]
dependencies = ["litestar[jwt] >= 2.0, <3 ; python_version > '3'", "mill @ https://mill.example/mill.whl"]
optional-dependencies = {cli = ["click"]}
"""
    assert requirements("pyproject.toml", content) == (
        ("litestar", ">= 2.0, <3"),
        ("mill", ""),
        ("click", ""),
        ("pytest", ">=8"),
    )


def test_manifests_are_found_below_a_folder(tmp_path: Path) -> None:
    wanted = ["api/requirements-dev.txt", "api/requirements/base.in", "pyproject.toml", "requirements.txt"]
    for path in (*wanted, ".venv/requirements.txt", "node_modules/a/pyproject.toml", "notes.txt", "api/setup.cfg"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()

    assert manifests(tmp_path) == wanted


@pytest.mark.parametrize(
    ("lock", "path", "content", "command"),
    [
        ("uv.lock", "pyproject.toml", b"", "uv lock"),
        ("uv.lock", "services/api/pyproject.toml", b"", "uv lock"),
        ("services/api/poetry.lock", "services/api/pyproject.toml", b"", "poetry lock"),
        ("pdm.lock", "pyproject.toml", b"", "pdm lock"),
        ("uv.lock", "requirements.txt", b"litestar\n", None),
        ("", "pyproject.toml", b"", None),
        (
            "",
            "requirements.txt",
            b"#    uv pip compile a.in -o requirements.txt\n",
            "uv pip compile a.in -o requirements.txt",
        ),
        ("", "requirements.txt", b"# This file is autogenerated by pip-compile\n", "pip-compile"),
    ],
)
def test_the_command_that_refreshes_the_lock_is_known(
    tmp_path: Path, lock: str, path: str, content: bytes, command: str | None
) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    if lock:
        (tmp_path / lock).touch()

    assert refresh_command(tmp_path, path, content) == command
