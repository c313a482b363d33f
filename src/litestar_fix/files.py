"""The files of a project while they are rewritten, in memory: as they were, as they are now, and one step further."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from litestar_fix.apply import apply
from litestar_fix.apply.closing_up import closed_up
from litestar_fix.apply.layout import laid_out
from litestar_fix.edits.values import CommentEdit, ManifestEdit, NodeEdit
from litestar_fix.errors import EditError, LitestarFixError, RefusedEdit, UnreadableFile
from litestar_fix.model.cache import digest
from litestar_fix.model.collect import collect
from litestar_fix.model.contents import Sources, content_of
from litestar_fix.model.isolation import perform
from litestar_fix.model.project import Project
from litestar_fix.plan import Group
from litestar_fix.proof.checks import check_output
from litestar_fix.result import Change
from litestar_fix.surroundings import Surroundings

#: Fewer files than that are rewritten by one process.
_WORTH_PROCESSES = 8


def _rewritten(
    original: bytes, old: bytes, edits: Sequence[NodeEdit | CommentEdit], surroundings: Surroundings
) -> bytes:
    """Rewrite one file, check the result, and lay it out.

    Args:
        original: the file before all passes.
        old: the file as it is now.
        edits: what is to be done.
        surroundings: of the file.

    Raises:
        EditError: an edit does not fit, or a check fails.
    """
    new = apply(old, edits, surroundings)
    check_output(old, new, edits, surroundings)
    made = laid_out(old, new, surroundings)
    return made if old == original else closed_up(original, made, surroundings)


class Files:
    """The contents of the files that a run rewrites.

    Args:
        root: the project's root.
        sources: the hashes of what was analysed.
        jobs: how many processes rewrite files.

    ``contents`` are those that were rewritten, ``original`` all that were read.
    """

    def __init__(self, root: Path, sources: Sources, jobs: int) -> None:
        self.root = root
        self.sources = sources
        self.jobs = jobs
        self.contents: dict[str, bytes] = {}
        self.original: dict[str, bytes] = {}
        self._deadly: dict[str, str] = {}

    def content(self, path: str) -> bytes:
        """A file as it is now.

        Raises:
            LitestarFixError: it cannot be read, or is not what was analysed.
        """
        if path in self.contents:
            return self.contents[path]
        if path not in self.original:
            try:
                content = content_of(f"{self.root}/{path}")
            except OSError as error:
                raise EditError(f"{path}: cannot be read: {error.strerror}") from None
            if path in self.sources.digests and digest(content) != self.sources.digests[path]:
                raise UnreadableFile(path, "changed since it was analysed; run again")
            self.original[path] = content
        return self.original[path]

    def fingerprint(self) -> bytes:
        """The hash of all contents as they are now."""
        parts = [
            path.encode() + digest(content)
            for path, content in sorted(self.contents.items())
            if content != self.original[path]
        ]
        return digest(b"".join(parts))

    def changes(self) -> dict[str, Change]:
        """The files whose content differs from that on disk."""
        return {
            path: Change(path, self.original[path], content)
            for path, content in self.contents.items()
            if content != self.original[path]
        }

    def rewritten(
        self, project: Project, tasks: Sequence[tuple[str, Sequence[Group]]]
    ) -> list[bytes | LitestarFixError]:
        """Rewrite Python files, each with some groups, where one that LibCST cannot stand does no harm.

        Args:
            project: the facts that the edits were made of.
            tasks: paths, with the groups whose edits are to be made there.

        Returns:
            For each task the new content, or why there is none.
        """
        results: list[bytes | LitestarFixError] = []
        work = []
        for path, groups in tasks:
            try:
                old = self.content(path)
                if path in self._deadly:
                    raise EditError(self._deadly[path])
            except LitestarFixError as error:
                results.append(error)
                continue
            edits = [edit for group in groups for edit in group.code_edits if edit.path == path]
            work.append(
                (len(results), partial(_rewritten, self.original[path], old, edits, Surroundings(project, path)))
            )
            results.append(b"")
        jobs = self.jobs if len(work) >= _WORTH_PROCESSES else 1
        for result in perform([task for _, task in work], jobs=jobs):
            at = work[result.number][0]
            results[at] = result.content
            if result.error:
                failure = (RefusedEdit if result.is_refused else EditError)(result.error)
                failure.output = result.output
                results[at] = failure
            if result.is_lost:
                self._deadly[tasks[at][0]] = result.error
        return results

    def manifest(
        self, project: Project, path: str, groups: Iterable[Group], code: Mapping[str, bytes | LitestarFixError]
    ) -> bytes | LitestarFixError:
        """Rewrite a manifest.

        Args:
            project: the facts before the pass.
            path: the manifest.
            groups: those that change it.
            code: the Python files of this pass that are rewritten already.
        """
        from litestar_fix import manifest  # tomlkit is only needed here

        try:
            content = self.content(path)
            for edit in (edit for group in groups for edit in group.edits):
                if isinstance(edit, ManifestEdit) and edit.path == path:
                    gone = [
                        name for name in edit.remove if not self._is_imported(project, name.replace("-", "_"), code)
                    ]
                    content = manifest.edit(path, content, add=edit.add, remove=gone)
        except LitestarFixError as error:
            return error
        return content

    def _is_imported(self, project: Project, name: str, code: Mapping[str, bytes | LitestarFixError]) -> bool:
        """Whether any file of the project imports a package, or may do so because it could not be analysed."""
        modules = (
            collect(path, new) if isinstance(new := code.get(path), bytes) else module
            for path, module in project.modules.items()
        )
        if any(item.module.partition(".")[0] == name for module in modules for item in module.imports):
            return True
        unknown = [path for path in self.sources.digests if path not in project.modules]
        return any(name.encode() in self.content(path) for path in unknown)
