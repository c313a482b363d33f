"""The first settings of a project: a table for us, and what ruff has to know of our codes."""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import msgspec
import tomlkit

from litestar_fix.errors import UsageError
from litestar_fix.result import Change
from litestar_fix.settings.files import TABLE, as_toml
from litestar_fix.settings.roots import MANIFEST, SETTINGS_FILE
from litestar_fix.settings.schema import documented

_SHOWN = ("select", "ignore", "per-file-ignores", "exclude", "target-version")
_PREFIX = "LSF"
_WHY = "codes of litestar-fix; without it `ruff check --fix` removes `# noqa: LSF...`"


class FirstSettings(msgspec.Struct, frozen=True):
    """What a project gets: files that are changed, at most one that is new, and what is left to its owner."""

    changes: tuple[Change, ...]
    created: Change | None
    notes: tuple[str, ...]


class _ByHand(Exception):
    """A file that cannot be edited without touching what is not ours."""


def first_settings(root: Path) -> FirstSettings:
    """Return the settings that a project begins with; nothing is written.

    Raises:
        UsageError: it has some already, or its manifest cannot be given any.
    """
    if (root / SETTINGS_FILE).exists():
        raise UsageError(f"{root / SETTINGS_FILE} is there already; it holds the settings")
    files = {name: _content(root / name) for name in (MANIFEST, "ruff.toml", ".ruff.toml") if (root / name).is_file()}
    new = dict(files)
    created = None
    if MANIFEST in files:
        new[MANIFEST] = _with_table(files[MANIFEST])
    else:
        created = Change(SETTINGS_FILE, b"", _commented().encode())
    notes = []
    name = next((name for name in (".ruff.toml", "ruff.toml", MANIFEST) if name in files), "")
    if name:
        try:
            new[name] = _with_external(name, new[name])
        except _ByHand as why:
            notes.append(f'{name}: {why}; add "{_PREFIX}" to ruff\'s lint.external by hand: {_WHY}')
    changes = [Change(name, files[name], new[name]) for name in files if new[name] != files[name]]
    return FirstSettings(tuple(changes), created, tuple(notes))


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        tomllib.loads(content.decode())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None
    return content


def _commented() -> str:
    """The settings that most projects want sooner or later, as comments."""
    return "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterator[str]:
    yield "# `litestar-fix rules` lists the rules; the README describes all settings."
    for setting in documented():
        if setting.key in _SHOWN:
            yield "#"
            yield from textwrap.wrap(setting.description, 100, initial_indent="# ", subsequent_indent="# ")
            yield f"# {setting.key} = {as_toml(setting.example)}"


def _with_table(content: bytes) -> bytes:
    old = tomllib.loads(content.decode())
    if TABLE in old.get("tool", {}):
        raise UsageError(f"{MANIFEST} has a [tool.{TABLE}] table already; it holds the settings")
    newline = b"\r\n" if b"\r\n" in content else b"\n"
    table = f"\n[tool.{TABLE}]\n{_commented()}".encode().replace(b"\n", newline)
    new = content + (b"" if content.endswith((b"\n", b"\r")) or not content else newline) + table
    try:
        is_same = tomllib.loads(new.decode()) == {**old, "tool": {**old.get("tool", {}), TABLE: {}}}
    except tomllib.TOMLDecodeError:
        is_same = False
    if not is_same:
        raise UsageError(f"{MANIFEST}: its `tool` takes no [tool.{TABLE}] table; write {SETTINGS_FILE} beside it")
    return new


def _with_external(name: str, content: bytes) -> bytes:
    """Let ruff know our codes, where it is configured.

    Raises:
        _ByHand: that would touch more than the list.
    """
    newline = "\r\n" if b"\r\n" in content else "\n"
    text = content.decode().replace(newline, "\n")
    where = ("tool", "ruff") if name == MANIFEST else ()
    old = _ruff(tomllib.loads(text), where)
    if old is None:
        return content
    section = "lint" if "external" in old.get("lint", {}) or "external" not in old else ""
    listed = (old.get("lint", {}) if section else old).get("external")
    if any(_PREFIX.startswith(prefix) for prefix in listed or ()):
        return content
    if listed is None and "extend" in old:
        raise _ByHand("its ruff settings extend others, whose list a new one would replace")
    document = tomlkit.parse(text)
    _add(document, [*where, *([section] if section else [])])
    new = tomlkit.dumps(document)
    _check(text, new, where, section, is_new=listed is None)
    return new.replace("\n", newline).encode()


def _ruff(document: dict[str, Any], where: tuple[str, ...]) -> dict[str, Any] | None:
    for key in where:
        if key not in document:
            return None
        document = document[key]
    return document


def _add(document: MutableMapping[str, Any], where: list[str]) -> None:
    table = document
    for key in where:
        if key not in table:
            table[key] = tomlkit.table()
        table = table[key]
    if "external" in table:
        table["external"].append(_PREFIX)
    else:
        made = tomlkit.array()
        made.append(_PREFIX)
        made.comment(_WHY)
        table["external"] = made


def _check(text: str, new: str, where: tuple[str, ...], section: str, *, is_new: bool) -> None:
    """Check that nothing but the list is another one.

    Raises:
        _ByHand: something else is, or lines were rewritten for a list that was not there.
    """
    expected = tomllib.loads(text)
    table = _ruff(expected, where)
    if table is not None and section:
        table = table.setdefault(section, {})
    if table is not None:
        table["external"] = [*table.get("external", ()), _PREFIX]
    try:
        is_same = tomllib.loads(new) == expected
    except tomllib.TOMLDecodeError:
        is_same = False
    if not is_same or (is_new and not _only_added(text.splitlines(), new.splitlines())):
        raise _ByHand("its list cannot be changed alone")


def _only_added(old: list[str], new: list[str]) -> bool:
    lines = iter(new)
    return all(line in lines for line in old)
