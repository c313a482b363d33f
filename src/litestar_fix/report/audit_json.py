"""An audit as JSON: the document of a check, and what the audit adds to it."""

from __future__ import annotations

import msgspec

from litestar_fix.audit.summary import Audit
from litestar_fix.report.document import described, encodable


def render(audit: Audit) -> bytes:
    """Return the document."""
    document = described(audit.report) | {
        "litestar": audit.version or None,
        "severities": audit.counts,
        "rules": [
            {
                "code": rule.code,
                "name": rule.name,
                "severity": rule.severity,
                "guide": rule.guide,
                "summary": rule.summary,
                "findings": len(rule.findings),
                "safe": rule.safe,
                "unsafe": rule.unsafe,
                "manual": rule.manual,
                "compliance": msgspec.to_builtins(rule.compliance),
            }
            for rule in audit.rules
        ],
        "positive": msgspec.to_builtins(audit.positive),
        "modules": msgspec.to_builtins(audit.hotspots),
        "steps": msgspec.to_builtins(audit.steps),
        "tree": audit.tree,
    }
    return msgspec.json.format(msgspec.json.encode(encodable(document)), indent=2) + b"\n"
