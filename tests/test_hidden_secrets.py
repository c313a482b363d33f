"""LSF703: no report shows a secret, and what makes one out of a text."""

from __future__ import annotations

from pathlib import Path

import pytest

from litestar_fix.api import Run, check, fix
from litestar_fix.model.graph import graph
from litestar_fix.model.secret_values import Strength, strength, url_password
from litestar_fix.model.secrets import is_credential
from litestar_fix.report import document, full
from litestar_fix.report.style import Style
from litestar_fix.result import Report
from litestar_fix.settings import Settings
from tests.test_graph import load_project

RUN = Run(jobs=1, cache=False)
SECRET = "hG7x-Qm2Lr9ZtV4bNs81"
APP = f"""from litestar import Litestar
from litestar.config.csrf import CSRFConfig

FORM_SECRET = "{SECRET}"
app = Litestar(debug=True, csrf_config=CSRFConfig(secret=FORM_SECRET), opt={{"x": "kept"}})
other = Litestar(debug=True, csrf_config=CSRFConfig("{SECRET}"), opt={{"x": "kept"}})
"""


def shown(report: Report) -> str:
    return "\n".join([*full.render(report, Style()), document.render(report).decode()])


@pytest.mark.parametrize("select", [("LSF703",), ("LSF703", "LSF708")])
def test_no_report_of_a_check_shows_it(tmp_path: Path, select: tuple[str, ...]) -> None:
    (tmp_path / "app.py").write_text(APP)

    text = shown(check([tmp_path], Settings(select=select), root=tmp_path, run=RUN))

    assert SECRET not in text
    assert SECRET[:6] not in text
    assert "FORM_SECRET = **********************" in text
    assert 'csrf_config=CSRFConfig(**********************), opt={"x": "kept"}' in text


def test_a_dry_run_shows_it_in_the_diff_alone(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)

    report = fix([tmp_path], Settings(select=("LSF703",)), unsafe_fixes=True, dry_run=True, root=tmp_path, run=RUN)

    text = shown(report)
    assert report.changes
    assert [
        line for line in text.replace("\\n", "\n").splitlines() if SECRET[:6] in line and line[:1] not in "-+ "
    ] == []
    contracts = [item.contract for item in report.findings if item.contract is not None]
    assert any("<secret " in difference.text for contract in contracts for difference in contract.differences)
    assert not any(SECRET in repr(contract) for contract in contracts)


def test_the_layer_tree_does_not_show_it(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)

    tree = graph(load_project(tmp_path))

    assert [node["options"]["csrf_config"] for node in tree["applications"]] == [
        "CSRFConfig(secret=FORM_SECRET)",
        "CSRFConfig('***')",
    ]


def test_nothing_is_hidden_where_the_secret_is_gone(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)

    report = fix([tmp_path], Settings(select=("LSF703",)), unsafe_fixes=True, root=tmp_path, run=RUN)

    assert ["***" in item.source for item in report.findings] == [False, True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f74b2140e411aa", Strength.RANDOM),
        ("281978128992832", Strength.RANDOM),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl", Strength.RANDOM),
        ("550e8400-e29b-41d4-a716-446655440000", Strength.RANDOM),
        ("xK9#mP2$vL5!", Strength.RANDOM),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", Strength.RANDOM),
        ("p@ssw0rd!", Strength.WEAK),
        ("1234567890abcdef", Strength.WEAK),
        ("super-secret", Strength.WEAK),
        ("admin123", Strength.WEAK),
        ("bearer", None),
        ("HS256", None),
        ("k8s-prod-token-v2", None),
        ("urlsafe_b64decode", None),
        ("app.lib.s3.key", None),
        ("-----BEGIN PUBLIC KEY-----", None),
        ("[-!#$%&'*+.^_`|~0-9a-zA-Z]+", None),
        (f"{'harvest' * 40}12345", Strength.RANDOM),  # at once
        ("fake_secret_key", None),
        ("abababababab", None),
        ("", None),
    ],
)
def test_what_a_text_is_worth(text: str, expected: Strength | None) -> None:
    assert strength(text) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("cloudinary://281978128992832:H1AS_rUqO-Cmak9YHQ3Pl1zyUJ8@dqtud", Strength.RANDOM),
        ("postgres://press:orchard@db.press.net/x", Strength.WEAK),
        ("postgres://press:orchard@db/x", None),
        ("postgres://press:f74b2140e411aa@localhost:5432/x", None),
        ("https://press.net/a:b@c", None),
    ],
)
def test_what_the_password_of_a_url_is_worth(url: str, expected: Strength | None) -> None:
    found = url_password(url)

    assert (found.strength if found is not None else None) is expected


@pytest.mark.parametrize("name", ["SECRET_KEY", "apiKey", "JWTSecret", "SMTP_PASS", "x-api-key", "githubToken"])
def test_names_of_credentials(name: str) -> None:
    assert is_credential(name)


@pytest.mark.parametrize(
    "name", ["CSRF_COOKIE_NAME", "token_type", "has_password", "compass", "cache_key", "eos_token", "mock_password"]
)
def test_names_that_only_sound_like_them(name: str) -> None:
    assert not is_credential(name)
