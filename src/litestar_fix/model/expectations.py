"""Code that is wrong on purpose: tests that wait for an error."""

from __future__ import annotations

from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import enclosing
from litestar_fix.model.symbols import External

_WAITS = frozenset({"pytest.raises"})


def waits_for_error(project: Project, path: str, scope: str) -> bool:
    """Whether a function, or one around it, is a test that waits for an error.

    Args:
        project: what it belongs to.
        path: the file.
        scope: the qualname of a function or class whose body something stands in, '' for the module.
    """
    table = project.table(path)
    while scope:
        function = table.functions.get(scope)
        if function is not None and "raises" in function.calls_text:
            found = [project.resolve(path, name, scope) for name in function.calls if name.endswith("raises")]
            if any(isinstance(symbol, External) and symbol.name in _WAITS for symbol in found):
                return True
        scope = enclosing(scope)
    return False
