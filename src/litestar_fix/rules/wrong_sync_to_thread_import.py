"""LSF506: ``sync_to_thread`` is imported from where it does not exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.catching import is_import_caught
from litestar_fix.model.facts import Import, Span
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External

_WRONG = "litestar.utils"
_NAME = "sync_to_thread"
_SINCE = (2, 5)


class WrongImport(msgspec.Struct, frozen=True):
    """An import of the function: its statement, the name that it binds, whether it imports other names, too."""

    path: str
    span: Span
    local: str
    scope: str
    has_others: bool


class WrongSyncToThreadImport(practice.PracticeRule):
    """`sync_to_thread` is imported from `litestar.utils`, which does not have it.

    ## Why

    `from litestar.utils import sync_to_thread` raises an ImportError: the function is in `litestar.concurrency`. The
    module that imports it cannot be imported, and the application does not start, or fails with the first request
    where the import stands in a function.

    ## When it is quiet

    `litestar.concurrency`, and `litestar.utils.sync`, which has it as well; imports whose ImportError is caught; a
    package of the project that is called like Litestar's.

    ## Fix safety

    Safe: the old import never worked. What else the statement imports stays where it is. Refused where the target is a
    Litestar before 2.5, which has no `sync_to_thread`.

    ## Source

    `litestar/utils/__init__.py` and `litestar/concurrency.py`, Litestar 2.25; 2.4.5 has neither.
    """

    code = "LSF506"
    name = "wrong-sync-to-thread-import"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.SAFE
    guide = "5 (facts 5.1: the guide's import does not exist)"
    VALID: ClassVar[list[str | practice.Valid]] = [practice.Valid("from litestar.concurrency import sync_to_thread")]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            "from litestar.utils import sync_to_thread",
            expected_replacement="from litestar.concurrency import sync_to_thread",
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the imports."""
        for path in project.words.readers(_NAME):
            module = project.modules[path]
            for item in module.imports:
                if (item.module, item.name) != (_WRONG, _NAME) or is_import_caught(project, path, item):
                    continue
                if isinstance(project.resolve(path, item.local, item.scope.removesuffix(".<locals>")), External):
                    others = any(other.span == item.span and other is not item for other in module.imports)
                    yield cls._finding(project, path, item, has_others=others)

    @classmethod
    def _finding(cls, project: Project, path: str, item: Import, *, has_others: bool) -> practice.Finding:
        version = project.litestar_version
        is_old = version is not None and version < _SINCE
        return cls.finding(
            path,
            item.span,
            f"{_WRONG} has no {_NAME}, so that this import fails; import it from litestar.concurrency",
            refusal="Litestar has sync_to_thread since 2.5" if is_old else "",
            data=WrongImport(path, item.span, item.local, item.scope.removesuffix(".<locals>"), has_others),
        )
