"""Which Litestar, or other library, and which Python an application is written for, read from its files as text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from litestar_fix.model.patterns import regex

_LITESTAR = "litestar"
_LOCKED = r'^name = "{name}"\r?\nversion = "(?P<version>[^"]+)"'
_REQUIREMENT = r"^{name}\s*(?:\[[^\]]*\])?\s*(?P<specifier>[^;#]*)"
_LOWER = regex(r"(?:>=|~=|==|\^)\s*(?P<version>\d[\w.]*)")


def litestar_version(root: Path, target_version: str | None) -> tuple[int, ...] | None:
    """Return the target's Litestar version as numbers, None where nothing tells.

    Asked in this order: lock file, installed metadata, the manifest's lower bound, the ``target-version`` setting.
    """
    return library_version(root, _LITESTAR) or parse_version(target_version or "")


def library_version(root: Path, name: str) -> tuple[int, ...] | None:
    """Return the version of a library as numbers, None where neither lock file, environment nor manifest tells.

    Args:
        root: the project's root.
        name: the distribution, in lower case.
    """
    for text in (*_locked(root, name), *_installed(root, name), *_declared(root, name)):
        version = parse_version(text)
        if version is not None:
            return version
    return None


def python_version(root: Path) -> tuple[int, ...] | None:
    """Return the oldest Python that an application is to run on, as its manifest says; None where it does not."""
    manifest = _manifest(root)
    required = manifest.get("project", {}).get("requires-python")
    required = required or manifest.get("tool", {}).get("poetry", {}).get("dependencies", {}).get("python")
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


def _locked(root: Path, name: str) -> Iterator[str]:
    for file in ("uv.lock", "poetry.lock", "pdm.lock"):
        match = re.search(_LOCKED.format(name=name), _read(root / file), re.MULTILINE)
        if match:
            yield match["version"]


def _installed(root: Path, name: str) -> Iterator[str]:
    for environment in (".venv", "venv"):
        for found in sorted(root.glob(f"{environment}/lib/python*/site-packages/{name}-*.dist-info")):
            yield found.name.removeprefix(f"{name}-").removesuffix(".dist-info")


def _declared(root: Path, name: str) -> Iterator[str]:
    for requirement in _requirements(root, name):
        match = re.match(_REQUIREMENT.format(name=name), requirement.strip(), re.IGNORECASE)
        lower = _LOWER.search(match["specifier"]) if match else None
        if lower:
            yield lower["version"]


def _manifest(root: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_read(root / "pyproject.toml"))
    except tomllib.TOMLDecodeError:
        return {}


def _requirements(root: Path, wanted: str) -> Iterator[str]:
    manifest = _manifest(root)
    project = manifest.get("project", {})
    groups = [project.get("dependencies", []), *project.get("optional-dependencies", {}).values()]
    for group in (*groups, *manifest.get("dependency-groups", {}).values()):
        yield from (item for item in group if isinstance(item, str))
    poetry = manifest.get("tool", {}).get("poetry", {})
    for name, value in poetry.get("dependencies", {}).items():
        version = value.get("version", "") if isinstance(value, dict) else value
        if name.lower() == wanted and isinstance(version, str):
            yield f"{wanted} {version if not version[:1].isdigit() else '==' + version}"
    for path in sorted(root.glob("requirements*.txt")):
        yield from _read(path).splitlines()
