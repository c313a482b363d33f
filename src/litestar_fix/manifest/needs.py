"""Which manifests of a project have to change so that a file of it may import something else."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from litestar_fix.errors import EditError
from litestar_fix.manifest import edit, is_compiled, manifests, normalized, refresh_command, requirements


@dataclass(frozen=True, slots=True)
class Changes:
    """The manifests to be edited, and the commands that bring lock files up to date afterwards."""

    paths: tuple[str, ...]
    commands: tuple[str, ...]


class Manifests:
    """The manifests of a project as they are on disk.

    Args:
        root: the project's root.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = root
        self._contents = dict(self._readable())

    def _readable(self) -> Iterator[tuple[str, bytes]]:
        for path in manifests(self.root):
            try:
                content = Path(self.root, path).read_bytes()
                requirements(path, content)
            except (OSError, EditError):
                continue
            yield path, content

    def changes(
        self, path: str, *, add: Mapping[str, str], remove: Collection[str] = (), beside: Collection[str] = ()
    ) -> Changes:
        """Return what has to change for a file.

        The nearest folder above the file counts whose manifests declare anything.

        Args:
            path: the file, relative to the root.
            add: what it needs, as for `edit`.
            remove: what nothing needs any more.
            beside: distributions that show which of several manifests is meant, where they are declared.
        """
        wanted = {*map(normalized, remove), *map(normalized, beside)}
        edited: list[str] = []
        commands: list[str | None] = []
        for manifest in self._meant(path, wanted):
            content = self._contents[manifest]
            command = refresh_command(self.root, manifest, content)
            if is_compiled(content):
                commands.append(command if self._is_outdated(manifest, add, remove) else None)
            elif self._edited(manifest, add, remove) != content:
                edited.append(manifest)
                commands.append(command)
        return Changes(tuple(edited), tuple(dict.fromkeys(command for command in commands if command)))

    def _edited(self, manifest: str, add: Mapping[str, str], remove: Collection[str]) -> bytes:
        try:
            return edit(manifest, self._contents[manifest], add=add, remove=remove)
        except EditError:
            return self._contents[manifest]

    def _is_outdated(self, manifest: str, add: Mapping[str, str], remove: Collection[str]) -> bool:
        names = self._names(manifest)
        return not names.issuperset(map(normalized, add)) or not names.isdisjoint(map(normalized, remove))

    def _names(self, manifest: str) -> set[str]:
        return {name for name, _ in requirements(manifest, self._contents[manifest])}

    def _meant(self, path: str, wanted: Collection[str]) -> list[str]:
        for folder in PurePosixPath(path).parents:
            near = [
                manifest
                for manifest in self._contents
                if PurePosixPath(manifest).parent in (folder, folder / "requirements")
            ]
            declaring = [manifest for manifest in near if self._names(manifest) or self._is_project(manifest)]
            if declaring:
                return [m for m in declaring if not self._names(m).isdisjoint(wanted)] or self._main(declaring)
        return []

    def _is_project(self, manifest: str) -> bool:
        return manifest.endswith(".toml") and b"[project]" in self._contents[manifest]

    @staticmethod
    def _main(found: list[str]) -> list[str]:
        """The manifest that speaks for the running application."""
        by_rank = sorted(
            found, key=lambda path: (not path.endswith(".toml"), "dev" in path or "test" in path, len(path))
        )
        return by_rank[:1]
