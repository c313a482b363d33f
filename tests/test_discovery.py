"""Which files are read: what is skipped first, each with its reason."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest

from litestar_fix.discovery import discover
from litestar_fix.errors import UsageError
from litestar_fix.globs import Patterns
from litestar_fix.settings import Settings


def make(root: Path, *names: str, **contents: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    for name, content in contents.items():
        (root / name.replace("__", "/")).write_text(content)


def found(root: Path, *paths: str, settings: Settings | None = None) -> tuple[list[str], dict[str, str]]:
    result = discover([root / path for path in paths or (".",)], settings or Settings(), root)
    return list(result.targets), {item.path: item.reason for item in result.skipped}


# --------------------------------------------------------------------------------------------------------- skipped
@pytest.mark.parametrize(
    ("name", "skipped", "reason"),
    [
        (".git/hooks/a.py", ".git", "version control"),
        ("web/node_modules/gyp/a.py", "web/node_modules", "vendored"),
        ("shop/_vendor/a.py", "shop/_vendor", "vendored"),
        ("vendor/a.py", "vendor", "vendored"),
        ("lib/site-packages/a.py", "lib/site-packages", "vendored"),
        (".venv/a.py", ".venv", "virtual environment"),
        ("shop/__pycache__/a.py", "shop/__pycache__", "cache"),
        ("build/lib/a.py", "build", "build output"),
    ],
)
def test_folders_that_are_not_the_projects_own(tmp_path: Path, name: str, skipped: str, reason: str) -> None:
    make(tmp_path, "app.py", name)

    assert found(tmp_path) == (["app.py"], {skipped: reason})


def test_a_virtual_environment_is_known_by_its_mark(tmp_path: Path) -> None:
    make(tmp_path, "app.py", "env/pyvenv.cfg", "env/lib/a.py", "conda/conda-meta/history", "conda/b.py")

    assert found(tmp_path) == (["app.py"], {"conda": "virtual environment", "env": "virtual environment"})


def test_packages_of_the_application_may_be_called_vendor_or_build(tmp_path: Path) -> None:
    make(tmp_path, "shop/vendor/app.py", "shop/build/app.py", ".github/scripts/a.py", "notes.txt", "web/app.ts")

    assert found(tmp_path) == (["shop/build/app.py", "shop/vendor/app.py"], {".github": "hidden"})


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    root = tmp_path / "root"
    make(outside, "secret.py")
    make(root, "app.py", "shop/a.py", "data.txt")
    (root / "leak.py").symlink_to(outside / "secret.py")
    (root / "leaks").symlink_to(outside)
    (root / "loop").symlink_to(root)
    (root / "again.py").symlink_to(root / "app.py")
    (root / "broken.py").symlink_to(root / "missing.py")
    (root / "data2.txt").symlink_to(outside / "secret.py")

    assert found(root) == (
        ["app.py", "shop/a.py"],
        {
            "again.py": "link within the project",
            "broken.py": "link within the project",
            "leak.py": "link that leaves the project",
            "leaks": "link that leaves the project",
            "loop": "link within the project",
        },
    )


def test_what_is_no_regular_file_or_too_large_is_not_read(tmp_path: Path) -> None:
    make(tmp_path, "app.py")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "large.py").write_bytes(b"#" * 1_000_000)

    assert found(tmp_path) == (["app.py", "large.py"], {"pipe.py": "not a regular file"})


def test_what_cannot_be_taken_is_a_problem(tmp_path: Path) -> None:
    make(tmp_path, "app.py", ".gitignore")
    (tmp_path / "huge.py").write_bytes(b"#" * 1_000_001)
    for name in (b"caf\xe9.py", b"caf\xe9.txt"):
        (tmp_path / os.fsdecode(name)).touch()
    (tmp_path / os.fsdecode(b"d\xe9") / "b").mkdir(parents=True)

    result = discover([tmp_path], Settings(), tmp_path)

    assert result.files == ("app.py",)
    assert [problem.path for problem in result.problems] == ["caf\\udce9.py", "d\\udce9", "huge.py"]
    assert discover([tmp_path / "huge.py"], Settings(), tmp_path).problems == result.problems


def test_a_folder_that_cannot_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "app.py", "shut/a.py")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    result = discover([tmp_path], Settings(), tmp_path)

    assert result.files == ("app.py",)
    assert [(p.path, p.reason) for p in result.problems] == [("shut", "cannot be read: Permission denied")]


def test_a_tree_deeper_than_pythons_stack(tmp_path: Path) -> None:
    depth = 800  # with two frames a folder, recursion would end at 500
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=folder)
        inner = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)

    result = discover([tmp_path], Settings(), tmp_path)

    assert result.files == ()
    assert len(result.problems) <= 1  # the system refuses longer paths, and that is said


# ---------------------------------------------------------------------------------------------------------- ignored
def test_gitignore_is_honoured_in_every_folder(tmp_path: Path) -> None:
    make(tmp_path, "app.py", "gen/a.py", "shop/gen/b.py", "shop/keep/c.py", "shop/x_pb2.py", "shop/y_pb2.py")
    make(tmp_path, **{".gitignore": "# generated\n/gen/\n*_pb2.py\n", "shop__.gitignore": "keep\n!y_pb2.py\n"})

    files, skipped = found(tmp_path)

    assert files == ["app.py", "shop/gen/b.py", "shop/y_pb2.py"]
    assert skipped == dict.fromkeys(["gen", "shop/keep", "shop/x_pb2.py"], "ignored by git")


def test_what_a_repository_around_the_project_ignores_is_ignored(tmp_path: Path) -> None:
    make(tmp_path, ".git/info/exclude", "backend/app.py", "backend/local.py", "backend/gen/a.py", "backend/mine.py")
    make(tmp_path, **{".gitignore": "backend/gen\nlocal.py\n", ".git__info__exclude": "mine.py\n"})

    files, _ = found(tmp_path / "backend")

    assert files == ["app.py"]


def test_excluded_files_are_not_read(tmp_path: Path) -> None:
    make(tmp_path, "app.py", "old/a.py", "shop/old/b.py", "shop/gen/deep/c.py", "shop/d.py")
    settings = Settings(exclude=("/old", "shop/gen/**"), extend_exclude=("d.py",))

    files, skipped = found(tmp_path, settings=settings)

    assert files == ["app.py", "shop/old/b.py"]
    assert set(skipped.values()) == {"excluded by the settings"}


# ------------------------------------------------------------------------------------------------------------ named
def test_a_path_that_does_not_exist_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "shop/app.py")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match=r"nowhere: no such file or folder$"):
        discover(["nowhere"], Settings())
    with pytest.raises(UsageError, match=r"shop/ap.py: no such file or folder; did you mean 'shop/app.py'\?"):
        discover(["shop/ap.py"], Settings())


def test_a_path_outside_the_root_is_rejected(tmp_path: Path) -> None:
    make(tmp_path, "a/app.py", "b/app.py")

    with pytest.raises(UsageError, match="not within the project's root"):
        discover([tmp_path / "a"], Settings(), tmp_path / "b")


def test_the_model_covers_the_root_and_the_targets_are_what_is_named(tmp_path: Path) -> None:
    make(tmp_path, "pyproject.toml", "app.py", "shop/a.py", "shop/b.py", "shopping/c.py", "requirements/dev.txt")

    result = discover([tmp_path / "shop", tmp_path / "app.py"], Settings())

    assert result.root == tmp_path
    assert result.files == ("app.py", "shop/a.py", "shop/b.py", "shopping/c.py")
    assert result.targets == ("app.py", "shop/a.py", "shop/b.py")
    assert result.manifests == ("pyproject.toml", "requirements/dev.txt")


def test_what_is_named_is_read_although_it_is_hidden(tmp_path: Path) -> None:
    make(tmp_path, "app.py", "gen/a.py", "gen/deep/b.py", ".venv/pyvenv.cfg", ".venv/c.py")
    make(tmp_path, **{".gitignore": "gen\n"})

    assert found(tmp_path, "gen/a.py")[0] == ["gen/a.py"]
    assert found(tmp_path, "gen")[0] == ["gen/a.py", "gen/deep/b.py"]
    assert found(tmp_path, ".venv")[0] == [".venv/c.py"]


def test_what_is_named_and_cannot_be_read_is_marked(tmp_path: Path) -> None:
    make(tmp_path, "app.py", "stub.pyi")
    os.mkfifo(tmp_path / "pipe.py")

    result = discover([tmp_path / "stub.pyi", tmp_path / "pipe.py"], Settings(), tmp_path)

    assert result.targets == ()
    assert [(item.path, item.reason) for item in result.skipped if item.named] == [
        ("pipe.py", "not a regular file"),
        ("stub.pyi", "not a .py file"),
    ]


# --------------------------------------------------------------------------------------------------------- patterns
_PARTS = (
    "a", "b", "foo", "*", "**", "*.py", "f?o", "[ab]", "[!a]b", "foo*", "*b*", r"a\ b",
    "a\\", "fo[o]", "**.py", "[a-c]", "[]x]", r"\*", "b.py", ".h", "[[:alpha:]]", r"x\[y\]", "x[[]y]", "[^a]",
)  # fmt: skip
_NAMES = ("a", "b", "ab", "foo", "foo.py", "x[y]", "b.py", ".h", "!z", "#c")


def _pattern(chance: random.Random) -> str:
    body = "/".join(chance.choice(_PARTS) for _ in range(chance.randint(1, 3)))
    return f"{chance.choice(('', '', '', '!'))}{chance.choice(('', '', '/'))}{body}{chance.choice(('', '', '/', ' '))}"


def test_patterns_mean_what_they_mean_to_git(tmp_path: Path) -> None:
    chance = random.Random(20)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    paths = sorted(
        {"/".join(filter(None, (x, y, z))) for x in _NAMES for y in (*_NAMES, "") for z in ("a", "b.py", "")}
    )
    for _ in range(60):
        lines = [_pattern(chance) for _ in range(chance.randint(1, 4))]
        (tmp_path / ".gitignore").write_text("\n".join(lines) + "\n")
        asked = subprocess.run(
            ["git", "check-ignore", "--no-index", "--stdin", "-z"],
            cwd=tmp_path,
            input="\0".join(paths),
            capture_output=True,
            text=True,
            check=False,
        )
        ignored = set(asked.stdout.split("\0")) - {""}
        patterns = Patterns(lines)

        assert {path for path in paths if patterns.covers(path)} == ignored, lines


def test_no_pattern_takes_exponential_time() -> None:
    assert Patterns([f"x{'*a' * 40}b"]).match("x" + "a" * 250) is None
    assert Patterns([f"/{'**/a/' * 40}b"]).match("a/" * 1000 + "c") is None


@pytest.mark.parametrize("pattern", ["[z-a]", "[[:foo:]]", "[", "[a", "[\\", "a\\", "[]", "[!]", "!", "/", "**/"])
def test_a_malformed_pattern_matches_nothing(pattern: str) -> None:
    assert Patterns([pattern]).match("a") is None
