"""What all formats share: text of the repository made harmless, colours, and paths as the user would type them."""

from __future__ import annotations

import re

import msgspec

from litestar_fix.finding import Severity

# control characters, separators of lines, marks that change the direction or width of text, halves of surrogate pairs
_UNSAFE = (
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_COMMAND_PREFIX = "::"


def safe(text: str) -> str:
    """Return text of a repository so that it stays on its line and commands neither a terminal nor a CI runner."""
    text = text.replace("##[", "##\\x5b")  # wherever in a line it stands, a command to a CI runner
    return re.sub(_UNSAFE, _escaped, text) if not text.isascii() or not text.isprintable() else text


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class Style(msgspec.Struct, frozen=True):
    """How a report is shown.

    Args:
        color: whether colours are used.
        prefix: what leads from the current folder to the project's root; '' or ends in ``/``.
        inside: what leads from the project's root to the current folder, where that lies in it; '' or ends in ``/``.
        verbose: whether what is usually left out is shown, too.
    """

    color: bool = False
    prefix: str = ""
    inside: str = ""
    verbose: bool = False

    def path(self, path: str) -> str:
        """A path of the report as the user would type it."""
        is_near = self.inside and path.startswith(self.inside)
        shown = safe(path.removeprefix(self.inside) if is_near else self.prefix + path)
        # at the start of a line it would be a command to a CI runner
        return f"./{shown}" if shown.startswith(_COMMAND_PREFIX) else shown

    def paint(self, text: str, *codes: int) -> str:
        """Colour a text."""
        return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m" if self.color and text else text

    def severity(self, severity: Severity) -> str:
        """A severity in its colour."""
        return self.paint(severity.value, *_SEVERITIES[severity])


BOLD, DIM, RED, GREEN, YELLOW, BLUE, CYAN = 1, 2, 31, 32, 33, 34, 36
_SEVERITIES = {
    Severity.CRITICAL: (BOLD, RED),
    Severity.HIGH: (RED,),
    Severity.MEDIUM: (YELLOW,),
    Severity.LOW: (CYAN,),
}


def way(root: str, folder: str) -> tuple[str, str]:
    """Return what leads from a folder to the project's root and back: `Style.prefix` and `Style.inside`.

    The way is relative where one lies in the other, else the root is absolute.
    """
    top, here = f"{root.rstrip('/')}/", f"{folder.rstrip('/')}/"
    if top.startswith(here):
        return top.removeprefix(here), ""
    if here.startswith(top):
        inside = here.removeprefix(top)
        return "../" * inside.count("/"), inside
    return top, ""
