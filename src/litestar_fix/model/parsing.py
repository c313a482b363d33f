"""From the bytes of a file to its syntax tree, or to the reason why there is none."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
import warnings

from litestar_fix.errors import UnreadableFile
from litestar_fix.model.patterns import regex

# what the line of a syntax error looks like that only an older parser sees: PEP 695, PEP 758 and 750
_NEWER_SYNTAX = (
    ((3, 12), regex(r"^\s*(?:async\s+)?(?:def|class)\s+\w+\s*\[|^\s*type\s+\w+")),
    ((3, 14), regex(r"^\s*except\*?\s+[\w.]+\s*,|\b[rR]?[tT]['\"]")),
)
#: What a parser says of a replacement field that only PEP 701 allows.
_NEWER_F_STRING = "f-string expression part cannot include"


def parse(path: str, content: bytes) -> ast.Module:
    """Parse a file as this interpreter would.

    Raises:
        UnreadableFile: with the line and the parser's own reason.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(content)
    except SyntaxError as error:
        raise UnreadableFile(path, _syntax_reason(error)) from None
    except (ValueError, LookupError) as error:
        raise UnreadableFile(path, f"not valid Python: {error}") from None
    except (RecursionError, MemoryError):
        raise UnreadableFile(path, "nested too deeply to parse") from None


def _syntax_reason(error: SyntaxError) -> str:
    """Tell a file that is broken from one that needs a newer Python than this one."""
    where = f" (line {error.lineno})" if error.lineno else ""
    if sys.version_info < (3, 12) and error.msg.startswith(_NEWER_F_STRING):
        return f"needs Python 3.12 or later to be read{where}; run litestar-fix with that Python"
    for since, pattern in _NEWER_SYNTAX:
        if sys.version_info < since and error.text and pattern.search(error.text):
            needed = ".".join(map(str, since))
            return f"needs Python {needed} or later to be read{where}; run litestar-fix with that Python"
    # newer parsers read more f-strings than this one
    which = "{}.{}".format(*sys.version_info) if error.msg.startswith("f-string") else ""
    return f"not valid Python{which and ' '}{which}: {error.msg}{where}"


def decoded(path: str, content: bytes) -> str:
    """Return the text of a file, by the encoding that it names.

    Raises:
        UnreadableFile: it has another one.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding).removeprefix("\ufeff")
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise UnreadableFile(path, f"cannot be decoded: {error}") from None
