"""The edit of a manifest as a value."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class ManifestEdit(msgspec.Struct, frozen=True):
    """Adds and removes dependencies in a manifest.

    Args:
        path: the manifest, relative to the project's root.
        add: a release that is known to do, by distribution name; it is written in the style of the manifest.
        remove: distribution names. One that some file of the project imports, after all other edits, stays.
    """

    path: str
    add: Mapping[str, str] = msgspec.field(default_factory=dict)
    remove: frozenset[str] = frozenset()
