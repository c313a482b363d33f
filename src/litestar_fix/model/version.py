"""Which Litestar and which Python an application is written for, read from its files as text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_LOCKED = re.compile(r'^name = "litestar"\r?\nversion = "(?P<version>[^"]+)"', re.MULTILINE)
_REQUIREMENT = re.compile(r"^litestar\s*(?:\[[^\]]*\])?\s*(?P<specifier>[^;#]*)", re.IGNORECASE)
_LOWER = re.compile(r"(?:>=|~=|==|\^)\s*(?P<version>\d[\w.]*)")


def litestar_version(root: Path, target_version: str | None) -> tuple[int, ...] | None:
    """Return the target's Litestar version as numbers, None where nothing tells.

    Asked in this order: lock file, installed metadata, the manifest's lower bound, the ``target-version`` setting.
    """
    for text in (*_locked(root), *_installed(root), *_declared(root), target_version):
        version = parse_version(text or "")
        if version is not None:
            return version
    return None


def python_version(root: Path) -> tuple[int, ...] | None:
    """Return the oldest Python that the project says it runs on, None where it does not say."""
    try:
        manifest = tomllib.loads(_read(root / "pyproject.toml"))
    except tomllib.TOMLDecodeError:
        return None
    poetry = manifest.get("tool", {}).get("poetry", {}).get("dependencies", {})
    required = manifest.get("project", {}).get("requires-python") or poetry.get("python") or ""
    lower = _LOWER.search(required) if isinstance(required, str) else None
    return parse_version(lower["version"]) if lower else None


def parse_version(text: str) -> tuple[int, ...] | None:
    """Return the leading numbers of a version: '2.25.0' -> (2, 25, 0), '3.0.0b1' -> (3, 0, 0)."""
    match = re.match(r"\d+(?:\.\d+)*", text.strip())
    return tuple(int(part) for part in match.group().split(".")) if match else None


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _locked(root: Path) -> Iterator[str]:
    for name in ("uv.lock", "poetry.lock", "pdm.lock"):
        match = _LOCKED.search(_read(root / name))
        if match:
            yield match["version"]


def _installed(root: Path) -> Iterator[str]:
    for environment in (".venv", "venv"):
        for found in sorted(root.glob(f"{environment}/lib/python*/site-packages/litestar-*.dist-info")):
            yield found.name.removeprefix("litestar-").removesuffix(".dist-info")


def _declared(root: Path) -> Iterator[str]:
    for requirement in _requirements(root):
        match = _REQUIREMENT.match(requirement.strip())
        lower = _LOWER.search(match["specifier"]) if match else None
        if lower:
            yield lower["version"]


def python_minimum(root: Path) -> tuple[int, ...] | None:
    """Return the oldest Python that an application is to run on, as its manifest says; None where it does not."""
    manifest = _manifest(root)
    required = manifest.get("project", {}).get("requires-python")
    required = required or manifest.get("tool", {}).get("poetry", {}).get("dependencies", {}).get("python")
    lower = _LOWER.search(required) if isinstance(required, str) else None
    return parse_version(lower["version"]) if lower else None


def _manifest(root: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_read(root / "pyproject.toml"))
    except tomllib.TOMLDecodeError:
        return {}


def _requirements(root: Path) -> Iterator[str]:
    manifest = _manifest(root)
    project = manifest.get("project", {})
    groups = [project.get("dependencies", []), *project.get("optional-dependencies", {}).values()]
    for group in (*groups, *manifest.get("dependency-groups", {}).values()):
        yield from (item for item in group if isinstance(item, str))
    poetry = manifest.get("tool", {}).get("poetry", {})
    for name, value in poetry.get("dependencies", {}).items():
        version = value.get("version", "") if isinstance(value, dict) else value
        if name.lower() == "litestar" and isinstance(version, str):
            yield f"litestar {version if not version[:1].isdigit() else '==' + version}"
    for path in sorted(root.glob("requirements*.txt")):
        yield from _read(path).splitlines()
