"""Settings: what is rejected and how, where they come from, and what they mean."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from litestar_fix import settings
from litestar_fix.errors import SettingsError
from litestar_fix.settings import Settings


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("min-repeat = 3", "unknown key 'min-repeat'; did you mean 'min-repeats'?"),
        ("min_repeats = 3", "unknown key 'min_repeats'; did you mean 'min-repeats'?"),
        ("colour = 1", "unknown key 'colour'; the keys are select, "),
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
        settings.load(tmp_path)

    assert message in str(error.value)
    assert "pyproject.toml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_table_that_is_none_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nlitestar-fix = 3\n")

    with pytest.raises(SettingsError, match=r"tool.litestar-fix must be a table"):
        settings.load(tmp_path)


@pytest.mark.parametrize(
    "content", ["", "[project]\nname = 'litestar-fix'\n", "[tool.ruff]\n", "tool = 3\n# litestar-fix\n"]
)
def test_a_manifest_that_says_nothing_leaves_the_defaults(tmp_path: Path, content: str) -> None:
    (tmp_path / "pyproject.toml").write_text(content)

    assert settings.load(tmp_path) == Settings()


def test_our_own_file_comes_before_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.litestar-fix]\nmin-repeats = 4\n")
    assert settings.load(tmp_path) == Settings(min_repeats=4)

    (tmp_path / "litestar-fix.toml").write_text("min-repeats = 5\nper-file-ignores = {'tests/**' = ['LSF5']}\n")
    assert settings.load(tmp_path) == Settings(min_repeats=5, per_file_ignores={"tests/**": ("LSF5",)})


def test_a_named_file_must_exist_and_be_about_us(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such settings file"):
        settings.load_file(tmp_path / "other.toml")

    (tmp_path / "pyproject.toml").write_text("")
    with pytest.raises(SettingsError, match=r"there is no \[tool.litestar-fix\] table"):
        settings.load_file(tmp_path / "pyproject.toml")

    (tmp_path / "other.toml").write_text("max-dependencies = 9\n")
    assert settings.load_file(tmp_path / "other.toml").max_dependencies == 9


def test_every_setting_is_documented_with_an_example_that_can_be_used() -> None:
    documented = list(settings.documented())

    assert [each.key for each in documented][:2] == ["select", "extend-select"]
    for each in documented:
        assert each.description.endswith(".")
        settings.from_table({each.key: each.example}, "example")


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

    assert settings.find_root([tmp_path / path for path in paths]) == tmp_path / root


def test_a_folder_called_pyproject_is_no_marker(tmp_path: Path) -> None:
    (tmp_path / "shop" / "pyproject.toml").mkdir(parents=True)
    (tmp_path / "shop" / "api").mkdir()

    assert settings.find_root([tmp_path / "shop" / "api"]) == tmp_path / "shop" / "api"


def test_without_paths_the_root_is_found_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert settings.find_root([]) == Path(os.path.realpath(tmp_path))
