"""What settings files say: read, checked key by key, and together with those that they extend."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from litestar_fix.errors import SettingsError, did_you_mean
from litestar_fix.settings.roots import MANIFEST, SETTINGS_FILE, find_top
from litestar_fix.settings.schema import Settings, documented

if TYPE_CHECKING:
    from litestar_fix.settings.extending import Read

TABLE = "litestar-fix"


def load(root: Path) -> Settings:
    """Read the settings of a project; the defaults where it has none.

    Raises:
        SettingsError: a file is no TOML, or has a key or value that cannot be used.
    """
    for name in (SETTINGS_FILE, MANIFEST):
        if (root / name).is_file():
            settings = _from_file(root / name)
            if settings is not None:
                return settings
    return Settings()


def load_file(path: Path) -> Settings:
    """Read the settings from a file that the user names.

    Raises:
        SettingsError: it does not exist, is no TOML, has no table for us, or has a key or value that cannot be used.
    """
    if not path.is_file():
        raise SettingsError(f"{path}: no such settings file")
    settings = _from_file(path)
    if settings is None:
        raise SettingsError(f"{path}: there is no [tool.{TABLE}] table")
    return settings


def _from_file(path: Path) -> Settings | None:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    return from_content(path, content)


def from_content(path: Path, content: bytes, top: Path | None = None, read: Read | None = None) -> Settings | None:
    """Read the settings of a file, and of those that it extends.

    Args:
        path: of the file.
        content: of the file.
        top: of the repository that all of them lie in, by default that of the file.
        read: reads the others, by default from disk.

    Returns:
        The settings; None where the file has none.

    Raises:
        SettingsError: a file is no TOML, or has a key or value that cannot be used.
    """
    table = _table(path.name, str(path), content)
    if table is not None and "extend" in table:
        from litestar_fix.settings import extending

        file = path.parent.resolve() / path.name
        top = top or find_top(file.parent)
        inside = file.relative_to(top).as_posix()
        table = extending.extended(inside, table, read or extending.reader(top), _base)
    return None if table is None else msgspec.convert(table, Settings)


def _base(path: str, content: bytes) -> dict[str, Any] | None:
    return _table(path, path, content)


def _table(name: str, path: str, content: bytes) -> dict[str, Any] | None:
    """The checked table of a file; errors in keys are those of ``name``, and errors of the file those of ``path``."""
    is_manifest = os.path.basename(path) == MANIFEST
    # parsing TOML would cost every run some milliseconds, and most manifests say nothing about us
    if is_manifest and TABLE.encode() not in content:
        return None
    import tomllib

    try:
        document = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None
    if not is_manifest:
        return _checked(document, name)
    tools = document.get("tool")
    table = tools.get(TABLE) if isinstance(tools, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise SettingsError(f"{name}: tool.{TABLE} must be a table: [tool.{TABLE}]")
    return _checked(table, f"{name}: [tool.{TABLE}]")


def _checked(table: dict[str, Any], where: str) -> dict[str, Any]:
    """The table, each key and value of which can be used.

    Raises:
        SettingsError: naming the key and what would be right.
    """
    fields = [field.encode_name for field in msgspec.structs.fields(Settings)]
    for key, value in table.items():
        if key not in fields:
            raise SettingsError(f"{where}: unknown key {key!r}{_suggestion(key, fields)}")
        try:
            msgspec.convert({key: value}, Settings)
        except msgspec.ValidationError as error:
            raise SettingsError(f"{where}: {key}: {_wrong(key, error)}") from None
    return table


def _wrong(key: str, error: msgspec.ValidationError) -> str:
    example = next(setting.example for setting in documented() if setting.key == key)
    reason = str(error).partition(" - at ")[0].replace("`", "")
    return f"{reason[:1].lower()}{reason[1:]}; write for example `{key} = {as_toml(example)}`"


def as_toml(value: Any) -> str:
    """Return a value as it is written in a settings file."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {as_toml(item)}' for key, item in value.items()) + " }"
    return msgspec.json.encode(value).decode().replace('","', '", "')


def _suggestion(word: str, known: list[str]) -> str:
    return did_you_mean(word, known) or f"; the keys are {', '.join(known)}"
