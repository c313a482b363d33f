"""The lists and tables of dependencies in pyproject.toml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from litestar_fix.errors import EditError
from litestar_fix.manifest.entries import Change, Entry, entry_of, normalized, place, specifier

if TYPE_CHECKING:
    import tomlkit
    from tomlkit.items import Array

Place: TypeAlias = tuple[str, ...]

_OWN: tuple[Place, ...] = (("project", "dependencies"), ("tool", "poetry", "dependencies"))
_GROUPS: tuple[Place, ...] = (
    ("project", "optional-dependencies"),
    ("dependency-groups",),
    ("tool", "pdm", "dev-dependencies"),
)
_STRING = re.compile(r"(?P<quote>[\"'])(?P<text>[^\"'\\]*)(?P=quote)")
_INLINE = re.compile(rf"\[[ \t]*(?:{_STRING.pattern}[ \t]*(?:,[ \t]*|(?=\])))*\]")
_ITEM = re.compile(r"(?P<indent>[ \t]*)(?P<quote>[\"'])(?P<text>[^\"'\\]*)(?P=quote)[ \t]*(?P<comma>,?)[ \t]*(?:#.*)?")


def declared(text: str) -> list[Entry]:
    """The dependencies of a pyproject.toml."""
    document = _parsed(text)
    return [entry for where in _places(document) for entry in _entries(_at(document, where))]


def _parsed(text: str) -> tomlkit.TOMLDocument:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise EditError(f"pyproject.toml is not valid TOML: {error}") from error


def _places(document: Mapping[str, Any]) -> Iterator[Place]:
    yield from _OWN
    for group in _GROUPS:
        yield from ((*group, name) for name in _at(document, group) or ())
    yield from (("tool", "uv", "dev-dependencies"), ("tool", "poetry", "dev-dependencies"))
    poetry = ("tool", "poetry", "group")
    yield from ((*poetry, name, "dependencies") for name in _at(document, poetry) or ())


def _at(document: Mapping[str, Any], where: Iterable[str]) -> Any:
    found: Any = document
    for key in where:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _entries(found: Any) -> list[Entry]:
    if isinstance(found, Mapping):
        versions = [
            (name, value.get("version", "") if isinstance(value, Mapping) else value) for name, value in found.items()
        ]
        return [
            Entry(at, normalized(name), str(version)) for at, (name, version) in enumerate(versions) if name != "python"
        ]
    read = [entry_of(at, item) for at, item in enumerate(found or ()) if isinstance(item, str)]
    return [entry for entry in read if entry is not None]


def edit(text: str, change: Change) -> str:
    """Return the file with a change made.

    Raises:
        EditError: it is not valid TOML.
    """
    document = _parsed(text)
    losing = [where for where in _places(document) if change.leaving(_entries(_at(document, where)))]
    own = [where for where in _OWN if _at(document, where) is not None]
    known = {entry.name for where in own for entry in _entries(_at(document, where))}
    missing = Change(
        {name: release for name, release in change.add.items() if normalized(name) not in known}, change.remove
    )
    if not losing and not own and isinstance(document.get("project"), Mapping) and missing.add:
        return _with_list(text, missing)
    for where in losing or own[:1]:
        text = _edit_place(text, where, missing)
        if where in own:
            # extras and groups are installed beside what the application itself needs
            missing = Change({}, change.remove)
    return text


def _with_list(text: str, change: Change) -> str:
    """Give a project that lists no dependencies the list; none where a build backend makes it."""
    document = _parsed(text)
    project: Any = document["project"]
    if "dependencies" in project.get("dynamic", ()):
        return text
    project.add("dependencies", [name + specifier(release, (), ()) for name, release in change.add.items()])
    return document.as_string()


def _edit_place(text: str, where: Place, change: Change) -> str:
    document = _parsed(text)
    found = _at(document, where)
    if isinstance(found, Mapping):
        return _edit_table(text, where, change)
    holder: Any = _at(document, where[:-1])
    lines = found.as_string().splitlines(keepends=True)
    if len(lines) > 2 and all(_ITEM.fullmatch(line.rstrip("\r\n")) or _is_margin(line) for line in lines[1:-1]):
        holder[where[-1]] = _like(found, _edit_lines(lines, change))
    elif _INLINE.fullmatch(lines[0]):
        holder[where[-1]] = _like(found, _edit_inline(lines[0], change))
    else:
        _edit_array(found, change)
    return document.as_string()


def _is_margin(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _like(old: Array, text: str) -> Array:
    """Parse an array and put it where the old one stands, with the comment behind that."""
    import tomlkit

    new: Any = tomlkit.parse(f"x = {text}")["x"]
    new.trivia.comment_ws, new.trivia.comment, new.trivia.trail = (
        old.trivia.comment_ws,
        old.trivia.comment,
        old.trivia.trail,
    )
    array: Array = new
    return array


def _edit_lines(lines: Sequence[str], change: Change) -> str:
    """Edit an array with an item on each line; its first and last line have the brackets."""
    body = list(lines[1:-1])
    for name, release in change.missing(_in_lines(body)):
        entries = _in_lines(body)
        leaving = change.leaving(entries)
        at = place(entries, name, leaving) if entries else len(body)
        model = _ITEM.match(body[entries[0].at]) if entries else None
        indent, quote = (model["indent"], model["quote"]) if model else ("    ", '"')
        body.insert(at, f"{indent}{quote}{name}{specifier(release, entries, leaving)}{quote},\n")
    gone = {entry.at for entry in change.leaving(_in_lines(body))}
    kept = [line for at, line in enumerate(body) if at not in gone]
    return lines[0] + "".join(_with_commas(kept, trailing=_ends_in_comma(lines[1:-1]))) + lines[-1]


def _in_lines(body: Sequence[str]) -> list[Entry]:
    items = [(at, _ITEM.match(line)) for at, line in enumerate(body)]
    read = [entry_of(at, item["text"]) for at, item in items if item]
    return [entry for entry in read if entry is not None]


def _ends_in_comma(body: Sequence[str]) -> bool:
    items = [item for item in map(_ITEM.match, body) if item]
    return bool(items and items[-1]["comma"])


def _with_commas(body: Sequence[str], *, trailing: bool) -> list[str]:
    """Put a comma behind every item, behind the last one only where the list had it so."""
    items = [at for at, line in enumerate(body) if _ITEM.match(line)]
    done = list(body)
    for at in items:
        match = _ITEM.match(done[at])
        wanted = trailing or at != items[-1]
        if match is not None and bool(match["comma"]) is not wanted:
            end = match.end("comma")
            done[at] = f"{done[at][:end]},{done[at][end:]}" if wanted else f"{done[at][: end - 1]}{done[at][end:]}"
    return done


def _edit_inline(text: str, change: Change) -> str:
    """Edit an array of strings on one line."""
    for name, release in change.missing(_in_line(text)):
        entries = _in_line(text)
        leaving = change.leaving(entries)
        at = place(entries, name, leaving) if entries else 0
        items = list(_STRING.finditer(text))
        quote = items[0]["quote"] if items else '"'
        item = f"{quote}{name}{specifier(release, entries, leaving)}{quote}"
        if at < len(items):
            text = f"{text[: items[at].start()]}{item}, {text[items[at].start() :]}"
        else:
            end = items[-1].end() if items else 1
            text = f"{text[:end]}{', ' if items else ''}{item}{text[end:]}"
    for entry in reversed(change.leaving(_in_line(text))):
        text = _without_item(text, list(_STRING.finditer(text)), entry.at)
    return text


def _in_line(text: str) -> list[Entry]:
    read = [entry_of(at, item["text"]) for at, item in enumerate(_STRING.finditer(text))]
    return [entry for entry in read if entry is not None]


def _without_item(text: str, items: Sequence[re.Match[str]], at: int) -> str:
    if at + 1 < len(items):
        return text[: items[at].start()] + text[items[at + 1].start() :]
    start = items[at - 1].end() if at else items[at].start()
    return text[:start] + text[items[at].end() :]


def _edit_array(array: Array, change: Change) -> None:
    """Edit an array of a layout of its own, or one that holds more than strings."""
    for name, release in change.missing(_entries(array)):
        entries = _entries(array)
        leaving = change.leaving(entries)
        at = place(entries, name, leaving) if entries else len(array)
        array.insert(at, name + specifier(release, entries, leaving))
    for entry in reversed(change.leaving(_entries(array))):
        array.pop(entry.at)


def _edit_table(text: str, where: Place, change: Change) -> str:
    """Edit a table of poetry's; a new line is put in by its text, for tomlkit adds at the end only."""
    document = _parsed(text)
    table: Any = _at(document, where)
    entries = _entries(table)
    leaving = change.leaving(entries)
    for name, release in change.missing(entries):
        line = f'{name} = "{specifier(release, entries, leaving).strip() or "*"}"\n'
        names = list(table)
        at = place(entries, name, leaving) if entries else len(names)
        text = _before_key(text, where, names[at], line) if at < len(names) else _at_end(text, where, line)
    if not leaving:
        return text
    document = _parsed(text)
    table = _at(document, where)
    for name in [name for name in table if normalized(name) in change.remove]:
        table.remove(name)
    return document.as_string()


def _section(text: str, where: Place) -> tuple[int, int]:
    """Where the lines of a table begin and end."""
    header = re.search(
        r"^[ \t]*\[" + r"[ \t]*\.[ \t]*".join(rf"[\"']?{re.escape(key)}[\"']?" for key in where) + r"\][^\n]*\n?",
        text,
        re.MULTILINE,
    )
    if header is None:
        raise EditError(f"pyproject.toml has no line [{'.'.join(where)}]")
    following = re.compile(r"^[ \t]*\[", re.MULTILINE).search(text, header.end())
    return header.end(), following.start() if following else len(text)


def _before_key(text: str, where: Place, key: str, line: str) -> str:
    start, end = _section(text, where)
    found = re.compile(rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*[=.]", re.MULTILINE).search(text, start, end)
    if found is None:
        raise EditError(f"pyproject.toml has no line for {key} in [{'.'.join(where)}]")
    return text[: found.start()] + line + text[found.start() :]


def _at_end(text: str, where: Place, line: str) -> str:
    start, end = _section(text, where)
    kept = text[start:end].rstrip()
    lead = text[:start] + kept
    gap = "" if not kept and lead.endswith("\n") else "\n"
    return lead + gap + line + text[len(lead) + (1 if gap and text[len(lead) : len(lead) + 1] == "\n" else 0) :]
