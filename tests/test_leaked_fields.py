"""What clients see of secrets before and after LSF302: the field that is in the response before is gone after."""

from __future__ import annotations

import json

from tests.answering import answers
from tests.goldens import AFTER, BEFORE

SECRETS = {"password_hash", "internal_notes"}


def test_the_leaked_fields_are_gone_and_the_others_stay() -> None:
    requests = ("GET /readers", "GET /readers/7")
    before, after = (answers(folder / "sensitive_field_exposed" / "example", *requests) for folder in (BEFORE, AFTER))

    assert [status for status, _ in (*before, *after)] == [200] * 4
    for (_, leaking), (_, mended) in zip(before, after, strict=True):
        (old,), (new,) = (
            found if isinstance(found, list) else [found] for found in (json.loads(leaking), json.loads(mended))
        )
        assert set(old) >= SECRETS
        assert new == {name: value for name, value in old.items() if name not in SECRETS}
