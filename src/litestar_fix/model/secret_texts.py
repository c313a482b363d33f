"""Text for people, without the secrets that it quotes."""

from __future__ import annotations

import re

from litestar_fix.model.patterns import regex
from litestar_fix.model.secret_values import is_shown

# an apostrophe within a word quotes nothing
_QUOTED = regex(r"""(?<!\w)([bfru]{0,2})(["'])((?:[^"'\\\n]|\\.|(?!\2)["'])+)\2""", re.IGNORECASE)


def starred(text: str) -> str:
    """Return a text with stars in the place of literals that are likely to be secrets in use.

    Columns stay what they are. That a literal is a secret for the place where it stands, `LSF703` knows; this is for
    what is shown without asking it.
    """
    return _QUOTED.sub(_starred, text) if '"' in text or "'" in text else text


def _starred(match: re.Match[str]) -> str:
    prefix, quote, content = match.groups()
    return match[0] if is_shown(content) else f"{prefix}{quote}{'*' * len(content)}{quote}"
