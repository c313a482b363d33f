"""What a finding is called from run to run: its rule, what it stands in, its code without layout, and a number.

Lines never count, so that a finding stays what it is when code above it comes or goes, a function moves or a formatter
has been there.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import msgspec

from litestar_fix.finding import Finding
from litestar_fix.model.cache import digest
from litestar_fix.model.span import Span
from litestar_fix.result import Reported

_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
_CLOSING = frozenset(")]}")
#: Of a secret nothing is kept, not even a hash: a short one could be guessed from it.
_SECRET = "<secret>"


class Identity(msgspec.Struct, frozen=True):
    """What stays the same about a finding.

    Args:
        code: of the rule.
        path: of the file.
        scope: the qualified name of the function or class around it, '' at the top of a module.
        snippet: the hash of its code.
        ordinal: which one it is, from 1, of those in this file that the rest does not tell apart.
    """

    code: str
    path: str
    scope: str
    snippet: str
    ordinal: int = 1

    @property
    def fingerprint(self) -> str:
        """A name for machines, unique within a report: 32 hexadecimal digits."""
        parts = (self.code, self.path, self.scope, self.snippet, str(self.ordinal))
        return _hash("\0".join(parts))


def identities(findings: Iterable[Reported] | Iterable[Finding], text: Callable[[str], str]) -> list[Identity]:
    """Return the identities of findings, in their order.

    Args:
        findings: in the order in which they are reported.
        text: returns the text of a file of which the findings speak, '' where it cannot be read.
    """
    seen: Counter[Identity] = Counter()
    found = []
    for item in findings:
        content = text(item.path)
        snippet = _around_secret(content, item.span) if item.is_secret else code_at(content, item.span)
        plain = Identity(item.code, item.path, scope_at(content, item.span.line), _hash(snippet))
        seen[plain] += 1
        found.append(msgspec.structs.replace(plain, ordinal=seen[plain]))
    return found


def _around_secret(content: str, span: Span) -> str:
    """What stands around a secret on its lines, without it: the name that it is given to."""
    lines = content.split("\n")[span.line - 1 : span.end_line]
    if not lines:
        return _SECRET
    return " ".join([*lines[0][: span.column].split(), _SECRET, *lines[-1][span.end_column :].split()])


def scope_at(content: str, line: int) -> str:
    """Return the qualified name of the innermost function or class around a line, decorators included."""
    around = [(first, name) for first, last, name in _scopes(content) if first <= line <= last]
    return max(around)[1] if around else ""


@lru_cache(maxsize=64)
def _scopes(content: str) -> tuple[tuple[int, int, str], ...]:
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()  # a manifest, say
    return tuple(_scopes_in(tree, ""))


def _scopes_in(node: ast.AST, prefix: str) -> Iterator[tuple[int, int, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{child.name}"
            first = min(item.lineno for item in (child, *child.decorator_list))
            yield first, child.end_lineno or first, name
            yield from _scopes_in(child, f"{name}.")
        elif not isinstance(child, ast.expr):
            yield from _scopes_in(child, prefix)


def code_at(content: str, span: Span) -> str:
    """Return the first logical line of the code at a span without layout, comments and trailing commas."""
    lines = content.split("\n")[span.line - 1 : span.end_line]
    if not lines:
        return ""
    lines[-1] = lines[-1][: span.end_column]
    lines[0] = lines[0][span.column :]
    text = "\n".join(lines)
    return " ".join(_words(text)) or " ".join(text.split())


def _words(text: str) -> list[str]:
    words: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NEWLINE:
                break
            if token.type not in _LAYOUT:
                if token.string in _CLOSING and words[-1:] == [","]:
                    words.pop()
                words.append(_unquoted(token.string) if token.type == tokenize.STRING else token.string)
    except (tokenize.TokenError, SyntaxError):
        pass  # a span may end within brackets
    return words


def _unquoted(literal: str) -> str:
    """A literal as Python would write it: formatters change quotes."""
    try:
        return repr(ast.literal_eval(literal))
    except (ValueError, SyntaxError):
        return literal


def _hash(text: str) -> str:
    return digest(text.encode("utf-8", "backslashreplace")).hex()
