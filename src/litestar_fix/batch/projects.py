"""The projects of a repository: each folder with a manifest that asks for Litestar is one, with settings of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from litestar_fix import baseline, registry
from litestar_fix.discovery import discover
from litestar_fix.model.version import library_version, litestar_version
from litestar_fix.narrowing import Narrowing
from litestar_fix.settings import Settings
from litestar_fix.settings.files import from_content
from litestar_fix.settings.roots import MANIFEST, SETTINGS_FILE

_LITESTAR = "litestar"


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says about rules and settings, for every project alike.

    Args:
        select, extend_select, ignore: selectors of rules.
        settings: what counts instead of the settings of each project; None where these count.
        baselines: whether the baseline of a project counts.
    """

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    settings: Settings | None = None
    baselines: bool = True

    def over(self, settings: Settings) -> Settings:
        """Return the settings of a project with what the command line says.

        Raises:
            UsageError: a selector that does not exist.
        """
        if not (self.select or self.extend_select or self.ignore):
            return settings
        return registry.override(settings, select=self.select, extend_select=self.extend_select, ignore=self.ignore)


class Project(msgspec.Struct, frozen=True):
    """A project: its folder, relative to the repository and '' for the repository itself, and what holds there."""

    path: str
    root: Path
    settings: Settings
    narrowing: Narrowing | None
    version: str


def projects(top: Path, selection: Selection) -> tuple[Project, ...]:
    """Return the projects of a repository; none where nothing in it uses Litestar.

    Args:
        top: the files of the repository.
        selection: of the command line.

    Raises:
        LitestarFixError: settings or a baseline that cannot be used.
    """
    own = selection.settings if selection.settings is not None else nearest_settings(top, top)
    found = discover([top], own, top)
    folders = {file.rpartition("/")[0] for file in found.manifests if file.rpartition("/")[2] == MANIFEST}
    folders |= {folder for folder in _parents(found.files) if (top / folder / SETTINGS_FILE).is_file()}
    below = sorted(folder for folder in folders if folder and _asks_for_litestar(top / folder))
    kept = []
    if _uses_litestar(top, [file for file in found.files if not _is_below(file, below)]):
        kept.append(_project(top, "", own, selection, below))
    for folder in below:
        settings = selection.settings if selection.settings is not None else nearest_settings(top / folder, top)
        inner = [other for other in below if other != folder and _is_below(other, [folder])]
        kept.append(_project(top, folder, settings, selection, inner))
    return tuple(kept)


def nearest_settings(folder: Path, top: Path) -> Settings:
    """Return the settings of the nearest folder that has some, from a project up to the top of its repository.

    Raises:
        SettingsError: they cannot be used.
    """
    for place in (folder, *folder.parents):
        for name in (SETTINGS_FILE, MANIFEST):
            file = place / name
            if file.is_file() and not file.is_symlink():
                settings = from_content(file, file.read_bytes(), top)
                if settings is not None:
                    return settings
        if place == top:
            break
    return Settings()


def _project(top: Path, path: str, settings: Settings, selection: Selection, inner: Iterable[str]) -> Project:
    root = top / path if path else top
    chosen = selection.over(settings)
    if inner:
        prefix = f"{path}/" if path else ""
        # a project within a project is seen by itself
        apart = tuple("/" + re.sub(r"([*?\[\]\\! ])", r"\\\1", name.removeprefix(prefix)) for name in inner)
        chosen = msgspec.structs.replace(chosen, extend_exclude=(*chosen.extend_exclude, *apart))
    known = root / baseline.NAME
    narrowing = None
    if selection.baselines and known.is_file() and not known.is_symlink():
        narrowing = Narrowing(baseline=baseline.read(known))
    version = litestar_version(root, settings.target_version)
    return Project(path, root, chosen, narrowing, ".".join(map(str, version)) if version else "")


def _uses_litestar(top: Path, files: Iterable[str]) -> bool:
    return any(_LITESTAR.encode() in (top / file).read_bytes() for file in files)


def _asks_for_litestar(root: Path) -> bool:
    """Whether the manifest of a folder asks for Litestar."""
    if library_version(root, _LITESTAR) is not None:
        return True
    try:
        text = (root / MANIFEST).read_text("utf-8", "replace")
    except OSError:
        return False
    return re.search(r"""(?mi)["']litestar\s*[\["'<>=~!; ]|^litestar\s*=""", text) is not None


def _parents(files: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for file in files:
        folder = os.path.dirname(file)
        while folder and folder not in found:
            found.add(folder)
            folder = os.path.dirname(folder)
    return found


def _is_below(file: str, folders: Iterable[str]) -> bool:
    return any(file == folder or file.startswith(f"{folder}/") for folder in folders)
