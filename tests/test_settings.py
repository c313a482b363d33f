"""Settings: what is rejected and how, where they come from, and what they mean."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from litestar_fix import check
from litestar_fix.errors import SettingsError
from litestar_fix.settings import Settings, find_root, load
from litestar_fix.settings.files import load_file
from litestar_fix.settings.schema import documented


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("min-repeat = 3", "unknown key 'min-repeat'; did you mean 'min-repeats'?"),
        ("min_repeats = 3", "unknown key 'min_repeats'; did you mean 'min-repeats'?"),
        ("colour = 1", "unknown key 'colour'; the keys are extend, select, "),
        ("min-repeats = 'three'", "min-repeats: expected int, got str; write for example `min-repeats = 3`"),
        ("min-repeats = 1", "min-repeats: expected int >= 2; write for example"),
        ("min-repeats = true", "min-repeats: expected int, got bool"),
        ("select = 'LSF1'", 'got str; write for example `select = ["LSF1", "LSF204"]`'),
        ("ignore = [101]", "ignore: expected str, got int"),
        ("target-version = 2.12", "target-version: expected str | null, got float"),
        ("target-version = 'new'", 'write for example `target-version = "2.12"`'),
        ("rewrite-sync-requests = 1", "rewrite-sync-requests: expected bool, got int"),
        ("per-file-ignores = ['a']", '`per-file-ignores = { "tests/**" = ["LSF5"] }`'),
        ("select = [", "not valid TOML"),
        ("exclude = ['\xff']", "not valid TOML"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_would_be_right(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(f"[tool.litestar-fix]\n{line}\n".encode("latin-1"))

    with pytest.raises(SettingsError) as error:
        load(tmp_path)

    assert message in str(error.value)
    assert "pyproject.toml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_table_that_is_none_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nlitestar-fix = 3\n")

    with pytest.raises(SettingsError, match=r"tool.litestar-fix must be a table"):
        load(tmp_path)


@pytest.mark.parametrize(
    "content", ["", "[project]\nname = 'litestar-fix'\n", "[tool.ruff]\n", "tool = 3\n# litestar-fix\n"]
)
def test_a_manifest_that_says_nothing_leaves_the_defaults(tmp_path: Path, content: str) -> None:
    (tmp_path / "pyproject.toml").write_text(content)

    assert load(tmp_path) == Settings()


def test_our_own_file_comes_before_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.litestar-fix]\nmin-repeats = 4\n")
    assert load(tmp_path) == Settings(min_repeats=4)

    (tmp_path / "litestar-fix.toml").write_text("min-repeats = 5\nper-file-ignores = {'tests/**' = ['LSF5']}\n")
    assert load(tmp_path) == Settings(min_repeats=5, per_file_ignores={"tests/**": ("LSF5",)})


def test_a_named_file_must_exist_and_be_about_us(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such settings file"):
        load_file(tmp_path / "other.toml")

    (tmp_path / "pyproject.toml").write_text("")
    with pytest.raises(SettingsError, match=r"there is no \[tool.litestar-fix\] table"):
        load_file(tmp_path / "pyproject.toml")

    (tmp_path / "other.toml").write_text("max-dependencies = 9\n")
    assert load_file(tmp_path / "other.toml").max_dependencies == 9


def test_every_setting_is_documented_with_an_example_that_can_be_used() -> None:
    settings = list(documented())

    assert [each.key for each in settings][:3] == ["extend", "select", "extend-select"]
    for each in settings:
        assert each.description.endswith(".")
        msgspec.convert({each.key: each.example}, Settings)


# ------------------------------------------------------------------------------------------------------------ extending
def write(top: Path, files: dict[str, str]) -> Path:
    """Write the files of a repository; return the folder of its service."""
    (top / ".git").mkdir(parents=True)
    for path, content in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(content)
    return top / "services" / "tides"


BASE = """\
[tool.litestar-fix]
ignore = ["LSF502"]
min-repeats = 5
exclude = ["legacy"]
extend-exclude = ["generated"]
extend-sync-drivers = { "mysql+old" = "aiomysql", "oracle+old" = "oracledb" }
per-file-ignores = { "tests/**" = ["LSF5"] }
"""
OWN = """\
extend = "../../pyproject.toml"
ignore = ["LSF603"]
exclude = []
extend-exclude = ["sandbox"]
extend-sync-drivers = { "oracle+old" = "oracledb_async" }
"""


def test_a_key_replaces_that_of_the_base_and_what_extends_adds_up(tmp_path: Path) -> None:
    service = write(tmp_path, {"pyproject.toml": BASE, "services/tides/litestar-fix.toml": OWN})

    assert load(service) == Settings(
        ignore=("LSF603",),
        min_repeats=5,
        exclude=(),
        extend_exclude=("generated", "sandbox"),
        extend_sync_drivers={"mysql+old": "aiomysql", "oracle+old": "oracledb_async"},
        per_file_ignores={"tests/**": ("LSF5",)},
    )


def test_a_base_may_extend_another_from_its_own_folder(tmp_path: Path) -> None:
    service = write(
        tmp_path,
        {
            "shared/rules.toml": "min-repeats = 9\nmax-dependencies = 9\nextend-select = ['LSF1']\n",
            "services/pyproject.toml": "[tool.litestar-fix]\nextend = '../shared/rules.toml'\nmin-repeats = 8\n",
            "services/tides/litestar-fix.toml": "extend = '../pyproject.toml'\nextend-select = ['LSF2']\n",
        },
    )

    found = load(service)

    assert found == Settings(min_repeats=8, max_dependencies=9, extend_select=("LSF1", "LSF2"))
    assert load_file(service / "litestar-fix.toml") == found


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "services/tides/litestar-fix.toml: extend: the repository has no file 'base.toml'; "),
        ({"base.toml/x": ""}, "the repository has no file 'base.toml'; "),
        ({"base.toml": "min-repeats = ["}, "base.toml: not valid TOML: "),
        ({"base.toml": "min-repeat = 3"}, "base.toml: unknown key 'min-repeat'; did you mean 'min-repeats'?"),
        ({"base.toml": "min-repeats = 1"}, "base.toml: min-repeats: expected int >= 2; write for example `min-"),
        (
            {"base.toml": "extend = ['a']"},
            'base.toml: extend: expected str | null, got array; write for example `extend = "',
        ),
        ({"base.toml": "extend = 'gone.toml'"}, "base.toml: extend: the repository has no file 'gone.toml'; "),
        (
            {"base.toml": "extend = 'services/tides/litestar-fix.toml'"},
            "base.toml: extend: a circle, services/tides/litestar-fix.toml extends base.toml extends services/tides/",
        ),
        ({"base.toml": "extend = 'base.toml'"}, "base.toml: extend: a circle, base.toml extends base.toml; "),
    ],
)
def test_a_base_that_cannot_be_used_is_named(tmp_path: Path, files: dict[str, str], message: str) -> None:
    service = write(tmp_path, {"services/tides/litestar-fix.toml": "extend = '../../base.toml'\n", **files})

    with pytest.raises(SettingsError) as error:
        load(service)

    assert str(error.value).startswith(message) or f" {message}" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_manifest_without_a_table_is_no_base(tmp_path: Path) -> None:
    files = {"pyproject.toml": "[project]\n", "services/tides/litestar-fix.toml": "extend = '../../pyproject.toml'\n"}

    with pytest.raises(SettingsError, match=r"there is no \[tool.litestar-fix\] table in 'pyproject.toml'"):
        load(write(tmp_path, files))


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("../../../secret.toml", "is outside of the repository"),
        ("../../..", "is outside of the repository"),
        ("{outside}/secret.toml", "is outside of the repository"),
        ("{inside}/base.toml", "is outside of the repository"),  # what holds on one machine only
        ("../../file-link.toml", "the repository has no file 'file-link.toml'"),
        ("../../folder-link/secret.toml", "the repository has no file 'folder-link/secret.toml'"),
        ("../../folder-link/../secret.toml", "the repository has no file 'secret.toml'"),
        ("../../gone-link.toml", "the repository has no file"),
        ("../../pipe.toml", "the repository has no file"),
        ("../../a\\u0000b", "the repository has no file"),
        ("../../" + "a" * 5000, "the repository has no file"),
        ("a\\nb.toml", r"the repository has no file 'services/tides/a\nb.toml'"),
    ],
)
def test_nothing_outside_of_the_repository_is_read(tmp_path: Path, word: str, message: str) -> None:
    top = tmp_path / "repository"
    word = word.format(outside=tmp_path, inside=top)
    service = write(top, {"base.toml": "", "services/tides/litestar-fix.toml": f'extend = "{word}"\n'})
    (tmp_path / "secret.toml").write_text("token-of-somebody = 1\n")
    (top / "file-link.toml").symlink_to(tmp_path / "secret.toml")
    (top / "folder-link").symlink_to(tmp_path)
    (top / "gone-link.toml").symlink_to(tmp_path / "gone")
    os.mkfifo(top / "pipe.toml")

    with pytest.raises(SettingsError) as error:
        load(service)

    assert message in str(error.value)
    assert "token" not in str(error.value)
    assert "\n" not in str(error.value)


def test_outside_of_git_the_topmost_folder_with_settings_is_the_top(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text("min-repeats = 9\n")
    service = write(
        tmp_path / "image", {"base.toml": "min-repeats = 8\n", "services/tides/litestar-fix.toml": "x = 1\n"}
    )
    (tmp_path / "image" / ".git").rmdir()

    (service / "litestar-fix.toml").write_text("extend = '../../base.toml'\n")
    with pytest.raises(SettingsError, match="outside of the repository"):
        load(service)
    (tmp_path / "image" / "pyproject.toml").touch()
    assert load(service).min_repeats == 8
    (service / "litestar-fix.toml").write_text("extend = '../../../base.toml'\n")
    with pytest.raises(SettingsError, match="outside of the repository"):
        load(service)


def test_a_change_of_the_base_is_no_question_for_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITESTAR_FIX_CACHE_DIR", str(tmp_path / "cache"))
    handler = "from litestar import get\n\n\n@get('/tides')\ndef tides() -> list[str]:\n    return []\n"
    service = write(
        tmp_path / "mono",
        {
            "base.toml": "select = ['LSF204']\n",
            "services/tides/litestar-fix.toml": "extend = '../../base.toml'\n",
            "services/tides/app.py": handler,
        },
    )

    for select, codes in (("LSF204", ["LSF204"]), ("LSF603", []), ("LSF204", ["LSF204"])):
        (tmp_path / "mono" / "base.toml").write_text(f"select = ['{select}']\n")
        for _ in range(2):
            assert [finding.code for finding in check([service]).findings] == codes


@pytest.mark.parametrize(
    ("field", "is_sensitive"),
    [
        ("secretary", False),
        ("token_count", False),
        ("passport", False),
        ("password", True),
        ("PASSWORD_HASH", True),
        ("hashed_password", True),
        ("refresh_token", True),
        ("internal_notes", True),
        ("iban", True),
        ("card_pin", True),
        ("pin", False),
    ],
)
def test_sensitive_fields_are_patterns(field: str, is_sensitive: bool) -> None:
    assert Settings(extend_sensitive_fields=("iban", "*_pin")).is_sensitive(field) is is_sensitive


def test_without_sensitive_fields_nothing_is_sensitive() -> None:
    assert not Settings(sensitive_fields=()).is_sensitive("password")


@pytest.mark.parametrize(
    ("marker", "paths", "root"),
    [
        ("pyproject.toml", ["shop/api"], "."),
        ("shop/litestar-fix.toml", ["shop/api/app.py"], "shop"),
        ("shop/litestar-fix.toml", ["shop/api/app.py", "worker"], "."),
        ("shop/api/.git", ["shop/api", "shop/api/app.py"], "shop/api"),
        (".git", ["shop"], "."),
        (None, ["shop/api/app.py"], "shop/api"),
        (None, ["shop", "worker"], "."),
        (None, ["missing/app.py"], "missing"),
    ],
)
def test_the_root_is_the_nearest_marked_folder_above_all_paths(
    tmp_path: Path, marker: str | None, paths: list[str], root: str
) -> None:
    for folder in ("shop/api", "worker"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "shop/api/app.py").touch()
    if marker is not None:
        (tmp_path / marker).touch()

    assert find_root([tmp_path / path for path in paths]) == tmp_path / root


def test_a_folder_called_pyproject_is_no_marker(tmp_path: Path) -> None:
    (tmp_path / "shop" / "pyproject.toml").mkdir(parents=True)
    (tmp_path / "shop" / "api").mkdir()

    assert find_root([tmp_path / "shop" / "api"]) == tmp_path / "shop" / "api"


def test_without_paths_the_root_is_found_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert find_root([]) == Path(os.path.realpath(tmp_path))
