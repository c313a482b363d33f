"""Make every Python process below a proof import from the copy of a project instead of the project itself.

An environment in which the project is installed editable names its folder, in a .pth file or in an import hook. Python
imports a module of this name when it starts, once it has read those; what stands here then points them to the copy. The
real ``sitecustomize``, if there is one, is run afterwards. Python 3.8 must be able to run this file.
"""

from __future__ import annotations

import atexit
import importlib.machinery
import importlib.util
import os
import sys
from typing import Any

PROJECT = os.environ.get("LITESTAR_FIX_PROJECT", "")
COPY = os.environ.get("LITESTAR_FIX_COPY", "")
NOTES = os.environ.get("LITESTAR_FIX_NOTES", "")
_HERE = os.path.dirname(os.path.abspath(__file__))


def is_projects(path: str) -> bool:
    """Whether a path lies in the project, and not in an environment that lies there."""
    real = os.path.realpath(path)
    environment = os.path.realpath(sys.prefix)
    within = real == PROJECT or real.startswith(PROJECT + os.sep)
    installed = real.startswith(environment + os.sep) or "site-packages" in real
    return within and not installed


def moved(path: Any) -> Any:
    """The same place in the copy."""
    if isinstance(path, str) and path and is_projects(path):
        return COPY + os.path.realpath(path)[len(PROJECT) :]
    return path


def redirect() -> None:
    """Point the search path and the hooks of editable installations to the copy."""
    sys.path[:] = [moved(path) for path in sys.path if os.path.abspath(path) != _HERE]
    for finder in sys.meta_path:
        hook = sys.modules.get(getattr(finder, "__module__", ""))
        mapping = getattr(hook, "MAPPING", None)
        if isinstance(mapping, dict):
            mapping.update({name: moved(path) for name, path in mapping.items()})


def note_leaks() -> None:
    """Note the modules that came from the project after all: what ran then says nothing about the copy."""
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    leaks = sorted({file for file in files if isinstance(file, str) and is_projects(file)})
    if leaks:
        with open(NOTES, "a", encoding="utf-8", errors="replace") as notes:
            notes.write("".join(leak + "\n" for leak in leaks))


if PROJECT and COPY:
    redirect()
    if NOTES:
        atexit.register(note_leaks)
    theirs = importlib.machinery.PathFinder.find_spec(__name__)
    if theirs is not None and theirs.loader is not None:
        theirs.loader.exec_module(importlib.util.module_from_spec(theirs))
