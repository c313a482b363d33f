"""The formats of reports; nothing is imported here, because every start of the program reads it."""

from __future__ import annotations

#: For people.
HUMAN = ("full", "concise", "grouped")
#: Documents for machines: module and, where it is not ``render``, function of `litestar_fix.report`.
RENDERERS = {
    "json": "document",
    "json-lines": "document:render_lines",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "rdjson": "rdjson",
    "rdjsonl": "rdjson:render_lines",
    "codetf": "codetf",
    "markdown": "markdown",
    "diff": "diff:document",
}
#: The page of an audit, for which the project is asked, too.
PAGE = "html"
FORMATS = (*HUMAN, *RENDERERS, PAGE)
