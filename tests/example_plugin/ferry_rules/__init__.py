"""What the ferry company has agreed on."""

from ferry_rules.old_lookup import OldLookup

RULES = (OldLookup,)
