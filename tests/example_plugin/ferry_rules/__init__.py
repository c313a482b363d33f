"""What the ferry company has agreed on."""

from .old_lookup import OldLookup

RULES = (OldLookup,)
