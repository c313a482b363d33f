"""Rules of others: an installed package offers them, and the command line names it. Nothing else makes it run.

A plug-in is an entry point of the group ``litestar_fix.plugins``: a sequence of classes of `practice.PracticeRule`. The
settings of a project cannot name one, because a repository must not choose what is executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from litestar_fix import practice, registry
from litestar_fix.errors import UsageError, did_you_mean
from litestar_fix.finding import Applicability, Severity

GROUP = "litestar_fix.plugins"
_CODE = re.compile(r"(?!LSF)[A-Z]{2,}[0-9]{3}")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")


def use(names: Iterable[str]) -> None:
    """Add the rules of some plug-ins to those that there are; those of earlier calls go.

    Raises:
        UsageError: one is not installed, cannot be loaded, or has a rule that cannot be used.
    """
    registry.add(())
    taken = {word: "litestar-fix" for info in registry.rules() for word in (info.code, info.name)}
    found: list[tuple[str, Sequence[type[practice.PracticeRule]]]] = []
    for plugin in dict.fromkeys(names):
        rules = _load(plugin)
        for rule in rules:
            _check(plugin, rule, taken)
            taken |= {rule.code: plugin, rule.name: plugin}
        found.append((plugin, rules))
    registry.add(found)


def _load(plugin: str) -> list[Any]:
    from importlib.metadata import entry_points

    offered = entry_points(group=GROUP)
    match [item for item in offered if item.name == plugin]:
        case []:
            known = sorted({item.name for item in offered})
            hint = did_you_mean(plugin, known) or f"; there {'is ' + ', '.join(known) if known else 'is none'}"
            raise UsageError(f"--plugin: no plug-in {plugin!r} is installed{hint}")
        case [only]:
            try:
                return list(only.load())
            except Exception as error:
                raise UsageError(f"--plugin {plugin}: cannot be loaded: {type(error).__name__}: {error}") from error
    raise UsageError(f"--plugin: several packages have a plug-in {plugin!r}; uninstall all but one")


def _check(plugin: str, rule: Any, taken: dict[str, str]) -> None:
    where = f"--plugin {plugin}: {getattr(rule, '__name__', rule)!s}"
    if not (isinstance(rule, type) and issubclass(rule, practice.PracticeRule)):
        raise UsageError(f"{where} is no class of PracticeRule")
    code, name = getattr(rule, "code", ""), getattr(rule, "name", "")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise UsageError(f"{where}: its code must be letters of its own and three digits (ABC101), not {code!r}")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UsageError(f"{where}: its name must be words with hyphens (old-lookup), not {name!r}")
    for word in (code, name):
        if word in taken:
            raise UsageError(f"{where}: {word} is a rule of {taken[word]} already")
    levels = (getattr(rule, "severity", None), getattr(rule, "applicability", None))
    if not (isinstance(levels[0], Severity) and isinstance(levels[1], Applicability)):
        raise UsageError(f"{where}: it needs a severity and an applicability")
