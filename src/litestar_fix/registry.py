"""The rules that exist: a file in ``litestar_fix/rules`` is a rule; `plugins` may add others.

What a rule says of itself is read from the head of its file as text, because the rules themselves import Fixit: to list
them, to explain one and to correct a misspelt selector must not cost that.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from litestar_fix.errors import UsageError, did_you_mean
from litestar_fix.finding import Applicability, Severity
from litestar_fix.globs import Patterns
from litestar_fix.settings import Settings

if TYPE_CHECKING:
    from litestar_fix.practice import PracticeRule

ALL = "ALL"
_CODE_PREFIX = re.compile(r"[A-Z]+\d{0,3}")
#: Where a rule begins, and what ends its head: parsing samples and methods, too, would take most of the time.
_CLASS = "(practice.PracticeRule):\n"
_ENDS = ("\n    VALID", "\n    INVALID", "\n    def ", "\n    @")
_FOLDER = Path(__file__).with_name("rules")


class RuleInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says of itself."""

    code: str
    name: str
    severity: Severity
    applicability: Applicability
    guide: str
    on_by_default: bool = True
    cost: int = 1
    search: str = ""
    docstring: str
    stem: str
    class_name: str
    plugin: str = ""

    @property
    def documentation(self) -> str:
        """What the rule says about itself, without the indentation of its class."""
        return inspect.cleandoc(self.docstring)

    @property
    def summary(self) -> str:
        """The first line of that."""
        return self.documentation.partition("\n")[0].rstrip(".")


#: The rules of plug-ins, by code.
_added: dict[str, tuple[RuleInfo, type[PracticeRule]]] = {}


def add(plugins: Iterable[tuple[str, Iterable[type[PracticeRule]]]]) -> None:
    """Make the rules of some plug-ins, each with its name, the only ones beside our own."""
    _added.clear()
    _compiled.cache_clear()
    for plugin, classes in plugins:
        _added.update({rule.code: (_of_class(rule, plugin), rule) for rule in classes})


def has_plugins() -> bool:
    """Whether there are rules of plug-ins: nobody can tell when these change."""
    return bool(_added)


def rules() -> tuple[RuleInfo, ...]:
    """Return all rules, sorted by code."""
    if not _added:
        return _own()
    return tuple(sorted((*_own(), *(info for info, _ in _added.values())), key=lambda info: info.code))


@cache
def _own() -> tuple[RuleInfo, ...]:
    found = (_imported(stem) or as_written(stem) for stem in _stems())
    return tuple(sorted((info for info in found if info is not None), key=lambda info: info.code))


def _stems() -> Iterator[str]:
    return (name.removesuffix(".py") for name in os.listdir(_FOLDER) if name.endswith(".py") and name[0] != "_")


def import_all() -> None:
    """Import all rules of our own; what they say of themselves need not be read then."""
    for stem in _stems():
        with suppress(Exception):  # `load` raises it, if this is a rule and is asked
            import_module(f"litestar_fix.rules.{stem}")


def _imported(stem: str) -> RuleInfo | None:
    module = sys.modules.get(f"litestar_fix.rules.{stem}")
    if module is None:
        return None
    from litestar_fix.practice import PracticeRule

    own = (item for item in vars(module).values() if isinstance(item, type) and item.__module__ == module.__name__)
    rule = next((item for item in own if issubclass(item, PracticeRule) and "code" in vars(item)), None)
    if rule is None:
        return None
    return msgspec.structs.replace(_of_class(rule, ""), docstring=rule.__doc__ or "", stem=stem)


def as_written(stem: str) -> RuleInfo | None:
    """Return what the file of a rule says of it; None for one that is still being written, and has no class yet."""
    text = (_FOLDER / f"{stem}.py").read_text("utf-8")
    node = _rule_class(_head(text)) or _rule_class(text)
    if node is None:
        return None
    said = {name: _constant(value) for name, value in _attributes(node)}
    return RuleInfo(
        code=said["code"],
        name=said.get("name", stem.replace("_", "-")),
        severity=Severity(said["severity"]),
        applicability=Applicability(said["applicability"]),
        guide=said["guide"],
        on_by_default=said.get("on_by_default", True),
        cost=said.get("cost", 1),
        search=said.get("search", ""),
        docstring=ast.get_docstring(node, clean=False) or "",
        stem=stem,
        class_name=node.name,
    )


def _of_class(rule: type[PracticeRule], plugin: str) -> RuleInfo:
    return RuleInfo(
        code=rule.code,
        name=rule.name,
        severity=rule.severity,
        applicability=rule.applicability,
        guide=getattr(rule, "guide", "beyond"),
        on_by_default=getattr(rule, "on_by_default", True),
        cost=rule.cost,
        search=rule.search,
        docstring=inspect.getdoc(rule) or "",
        stem=rule.__module__,
        class_name=rule.__name__,
        plugin=plugin,
    )


def _head(text: str) -> str:
    """The class of a rule up to its samples and methods, '' where there is none."""
    at = text.find(_CLASS)
    if at < 0:
        return ""
    start = text.rfind("\n", 0, at) + 1
    ends = [end for mark in _ENDS if (end := text.find(mark, at)) >= 0]
    return text[start : min(ends, default=len(text))]


def _rule_class(text: str) -> ast.ClassDef | None:
    with suppress(SyntaxError):
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and "code" in dict(_attributes(node)):
                return node
    return None


def _attributes(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value


def _constant(value: ast.expr) -> Any:
    """A literal, or the value of an enumeration's member, which is its name in small letters."""
    match value:
        case ast.Attribute(attr=member):
            return member.lower()
        case ast.Constant(value=literal):
            return literal
        case ast.BinOp() | ast.JoinedStr():
            return ast.unparse(value)
    return None


def samples(info: RuleInfo) -> tuple[str, str]:
    """Return code that a rule reports and code that it does not, from its own samples; '' where it has none."""
    if info.code in _added:
        rule = _added[info.code][1]
        bad, good = (_first_of(getattr(rule, name, ())) for name in ("INVALID", "VALID"))
        return bad, good
    node = _rule_class((_FOLDER / f"{info.stem}.py").read_text("utf-8"))
    lists = dict(_attributes(node)) if node is not None else {}
    return _first_sample(lists.get("INVALID")), _first_sample(lists.get("VALID"))


def _first_of(samples: Sequence[Any]) -> str:
    first = samples[0] if samples else ""
    return textwrap.dedent(getattr(first, "code", first)).strip("\n").rstrip()


def _first_sample(samples: ast.expr | None) -> str:
    match samples:
        case ast.List(elts=[ast.Call(args=[ast.Constant(value=str(text)), *_]) | ast.Constant(value=str(text)), *_]):
            return textwrap.dedent(text).strip("\n").rstrip()
    return ""


def rule(word: str) -> RuleInfo:
    """Return the rule of a code or name.

    Raises:
        UsageError: there is none; it names the nearest.
    """
    for info in rules():
        if word.upper() == info.code or word.lower() == info.name:
            return info
    raise UsageError(f"unknown rule {word!r}{_nearest(word)}")


def _nearest(word: str) -> str:
    known = [name for info in rules() for name in (info.code, info.name)]
    hint = did_you_mean(word, known) or "; `litestar-fix rules` lists them"
    is_foreign = re.fullmatch(r"(?!LSF)[A-Za-z]+\d{1,3}", word) is not None
    return f"{hint} (those of a plug-in need --plugin)" if is_foreign else hint


def matching(selector: str) -> frozenset[str]:
    """Return the codes that a selector stands for: a code, the beginning of one, a name or ``ALL``.

    Raises:
        UsageError: it stands for none.
    """
    word = selector.strip()
    upper = word.upper()
    if upper == ALL:
        return frozenset(info.code for info in rules())
    is_prefix = _CODE_PREFIX.fullmatch(upper) is not None
    found = [i.code for i in rules() if word.lower() == i.name or (is_prefix and i.code.startswith(upper))]
    if not found:
        raise UsageError(f"unknown rule {selector!r}{_nearest(word)}")
    return frozenset(found)


def _precision(selector: str) -> int:
    """How specific a selector is: ``ALL``, then prefixes by length, then one rule."""
    word = selector.strip().upper()
    if word == ALL:
        return 0
    return len(word) if _CODE_PREFIX.fullmatch(word) else len("LSF000")


def selected(settings: Settings) -> tuple[str, ...]:
    """Return the codes of the rules to run, sorted.

    Where ``select`` and ``ignore`` disagree the more specific selector wins, and ``ignore`` where they are equally so.

    Raises:
        UsageError: a selector stands for no rule.
    """
    start = () if settings.select is not None else (info.code for info in rules() if info.on_by_default)
    return _decide(frozenset(start), (settings.select or ()) + settings.extend_select, settings.ignore)


def _decide(start: frozenset[str], added: Iterable[str], removed: Iterable[str]) -> tuple[str, ...]:
    decisions = [(_precision(word), False, word) for word in added] + [
        (_precision(word), True, word) for word in removed
    ]
    codes = set(start)
    for _, is_removed, word in sorted(decisions):
        codes = codes - matching(word) if is_removed else codes | matching(word)
    return tuple(sorted(codes))


def override(
    settings: Settings, *, select: tuple[str, ...], extend_select: tuple[str, ...], ignore: tuple[str, ...]
) -> Settings:
    """Return settings in which what the command line selects comes after what the project's file selects.

    Raises:
        UsageError: a selector stands for no rule.
    """
    if not select and not extend_select and not ignore:
        return settings
    start = () if select else selected(settings)
    codes = _decide(frozenset(start), select + extend_select, ignore)
    return msgspec.structs.replace(settings, select=codes, extend_select=(), ignore=())


def ignored_in(settings: Settings, path: str) -> frozenset[str]:
    """Return the codes that ``per-file-ignores`` takes away from a file.

    Args:
        settings: of the project.
        path: relative to the project's root, with ``/``.
    """
    ignored: set[str] = set()
    for pattern, codes in _per_file(settings):
        if pattern.covers(path):
            ignored |= codes
    return frozenset(ignored)


def _per_file(settings: Settings) -> tuple[tuple[Patterns, frozenset[str]], ...]:
    return _compiled(tuple((pattern, words) for pattern, words in settings.per_file_ignores.items()))


@cache
def _compiled(ignores: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[tuple[Patterns, frozenset[str]], ...]:
    return tuple((Patterns([pattern]), frozenset().union(*map(matching, words))) for pattern, words in ignores)


def load(codes: Iterable[str]) -> list[type[PracticeRule]]:
    """Import the rules of these codes, and with them Fixit."""
    wanted = frozenset(codes)
    return [
        _added[info.code][1]
        if info.plugin
        else getattr(import_module(f"litestar_fix.rules.{info.stem}"), info.class_name)
        for info in rules()
        if info.code in wanted
    ]
