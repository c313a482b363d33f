"""Whether anything of requests is left when all translations are done."""

from __future__ import annotations

from collections.abc import Iterable

from litestar_fix.http_clients.functions import Translation
from litestar_fix.model.facts import Module, Ref, Span
from litestar_fix.model.project import Project
from litestar_fix.model.sites import roots
from litestar_fix.model.symbols import External
from litestar_fix.model.walk import subexpressions


def nothing_is_left(project: Project, translations: Iterable[Translation]) -> bool:
    """Whether the project, as far as it is known, does not import requests any more after these translations."""
    if project.settings.excluded:
        return False
    gone: dict[str, set[Span]] = {}
    for translation in translations:
        gone.setdefault(translation.caller.module.path, set()).update(_replaced(translation))
    return all(_is_rid(project, module, gone.get(module.path, set())) for module in project.modules.values())


def _replaced(translation: Translation) -> Iterable[Span]:
    yield from (item.call.call.func.span for item in translation.calls)
    yield from (session.made for session in translation.sessions)
    yield from (name.span for name in translation.names)
    yield from (clause.span for caught in translation.caught for clause in caught.clauses)


def _is_rid(project: Project, module: Module, gone: set[Span]) -> bool:
    """Whether a module imports nothing of requests, or reads nothing of it but what is replaced."""
    imported = [item for item in module.imports if item.module.partition(".")[0] == "requests"]
    if not imported or project.module_path(module.path, "requests") is not None:
        return True
    reads = {span for scope, span in _reads(project, module)}
    return bool(reads) and all(any(span.contains(read) for span in gone) for read in reads)


def _reads(project: Project, module: Module) -> Iterable[tuple[str, Span]]:
    for scope, _, root in roots(module):
        for expr in subexpressions(root):
            found = project.resolve(module.path, expr.name, scope) if isinstance(expr, Ref) else None
            if isinstance(found, External) and found.name.partition(".")[0] == "requests":
                yield scope, expr.span
