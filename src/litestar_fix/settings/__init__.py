"""The settings of a project: ``[tool.litestar-fix]`` in pyproject.toml, or the whole of litestar-fix.toml."""

from litestar_fix.settings.files import load
from litestar_fix.settings.roots import find_root
from litestar_fix.settings.schema import Settings

__all__ = ["Settings", "find_root", "load"]
