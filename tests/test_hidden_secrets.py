"""LSF703: no report shows a secret, and what makes one out of a text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from litestar_fix.api import Run, check, fix
from litestar_fix.errors import EditError
from litestar_fix.finding import Applicability, Finding, Severity
from litestar_fix.model.graph import graph
from litestar_fix.model.secret_texts import starred
from litestar_fix.model.secret_values import Strength, strength, url_password
from litestar_fix.model.secrets import is_credential
from litestar_fix.model.span import Span
from litestar_fix.proof.reproducer import save
from litestar_fix.report import diff, document, full
from litestar_fix.report.style import Style
from litestar_fix.result import Report
from litestar_fix.settings import Settings
from tests.runtime import started
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


def test_no_report_of_another_rule_shows_what_looks_random(tmp_path: Path) -> None:
    keyed = "".join(
        f'@get("/{name}", opt={{"api_key": "{SECRET}"}})\nasync def read_{name}() -> str:\n    return "x"\n'
        for name in ("ebb", "flood", "neap")
    )
    app = "app = Litestar([Router('/', route_handlers=[read_ebb, read_flood, read_neap])])\n"
    (tmp_path / "app.py").write_text(f"from litestar import Litestar, Router, get\n{keyed}{app}")
    report = check([tmp_path], Settings(select=("LSF102",)), root=tmp_path, run=RUN)

    assert [item.code for item in report.findings] == ["LSF102"]
    assert SECRET not in shown(report)
    assert "{'api_key': '********************'}" in report.findings[0].message


def test_a_dry_run_shows_it_in_the_patch_alone(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)

    report = fix([tmp_path], Settings(select=("LSF703",)), unsafe_fixes=True, dry_run=True, root=tmp_path, run=RUN)

    assert report.changes
    assert SECRET[:6] not in shown(report)
    assert SECRET[:6] not in "\n".join(diff.painted(report, Style()))
    assert f'-FORM_SECRET = "{SECRET}"\n'.encode() in [*diff.render(report)]
    assert "-FORM_SECRET = **********************" in [*diff.painted(report, Style())]
    contracts = [item.contract for item in report.findings if item.contract is not None]
    assert any("<secret " in difference.text for contract in contracts for difference in contract.differences)
    assert not any(SECRET in repr(contract) for contract in contracts)


@pytest.mark.parametrize(
    ("secret", "select"),
    [(SECRET, ("LSF703", "LSF708", "LSF204")), (SECRET, ("LSF204",)), ("password123", ("LSF703", "LSF204"))],
)
def test_the_context_of_a_diff_hides_it(tmp_path: Path, secret: str, select: tuple[str, ...]) -> None:
    source = f"""from litestar import Litestar, get

KEY_PASSWORD = b"{secret}"
@get("/", opt={{"password": "{secret}"}})
def read() -> str:
    return "x"
app = Litestar([read])
"""
    (tmp_path / "app.py").write_text(source)
    report = fix([tmp_path], Settings(select=select), dry_run=True, root=tmp_path, run=RUN)
    text = "\n".join(diff.painted(report, Style()))

    assert "sync_to_thread=False" in text
    assert f'b"{secret}"' not in text
    assert f'b"{secret}"' not in document.render(report).decode().replace("\\", "")


@pytest.mark.parametrize(("secret", "is_noted"), [(SECRET, True), ("kept", False)])
def test_a_patch_with_secrets_says_so(tmp_path: Path, secret: str, is_noted: bool) -> None:
    source = f'FORM_SECRET = "{secret}"\nfrom litestar import get\n\n@get("/")\ndef read() -> str:\n    return "x"\n'
    (tmp_path / "app.py").write_text(source)
    command = [sys.executable, "-m", "litestar_fix", "--dry-run", "--select", "LSF204", "--no-cache", str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)

    assert f' FORM_SECRET = "{secret}"' in found.stdout
    assert ("note: the diff shows secrets" in found.stderr) is is_noted
    assert SECRET not in found.stderr


def test_a_reproducer_can_be_sent_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "app.py").write_text(APP)
    finding = Finding(
        code="LSF703",
        name="hardcoded-secret",
        severity=Severity.CRITICAL,
        path="app.py",
        span=Span(4, 14, 4, 36),
        message="FORM_SECRET is a secret",
        applicability=Applicability.UNSAFE,
    )
    error = EditError("broken")
    error.output = APP.encode()

    folder = save(tmp_path, finding, APP.encode(), (), error)

    saved = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert set(saved) == {"input.py", "edits.txt", "error.txt", "output.py"}
    assert not any(SECRET.encode() in content for content in saved.values())
    assert len(saved["input.py"]) == len(APP.encode())


def test_the_layer_tree_does_not_show_it(tmp_path: Path) -> None:
    weak = 'third = Litestar(csrf_config=CSRFConfig(secret="password123"), opt={"api_key": "kept", "name": "plain"})\n'
    (tmp_path / "app.py").write_text(APP.replace("CSRFConfig(secret=FORM_SECRET)", f'CSRFConfig("{SECRET}")') + weak)

    tree = graph(load_project(tmp_path))

    assert [node["options"]["csrf_config"] for node in tree["applications"]] == [
        "CSRFConfig('***')",
        "CSRFConfig('***')",
        "CSRFConfig(secret='***')",
    ]
    assert tree["applications"][2]["options"]["opt"] == "{'api_key': '***', 'name': 'plain'}"


def test_what_holds_on_a_route_does_not_show_it(tmp_path: Path) -> None:
    route = '@get("/", opt={"api_key": "kept"})\nasync def read() -> str:\n    return "x"\n'
    app = f'app = Litestar([read], csrf_config=CSRFConfig(secret="{SECRET}"))\n'
    head = "from litestar import Litestar, get\nfrom litestar.config.csrf import CSRFConfig\n"
    (tmp_path / "app.py").write_text(head + route + app)

    effective = graph(load_project(tmp_path))["applications"][0]["children"][0]["effective"]

    assert effective["csrf_config"]["value"] == "CSRFConfig(secret='***')"
    assert SECRET not in repr(effective)


def test_a_schema_in_a_contract_does_not_show_it(tmp_path: Path) -> None:
    source = f"""from litestar import Litestar, get

@get("/")
async def read(api_key: str = "{SECRET}", page: str = "first") -> str:
    return page

app = Litestar([read])
"""
    (tmp_path / "app.py").write_text(source)

    text = json.dumps(started(tmp_path, "app:app")["contract"])

    assert SECRET not in text
    assert '"default": "first"' in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"key = '{SECRET}'", f"key = '{'*' * 20}'"),
        (f'f("a", key=b"{SECRET}", x="kept")', f'f("a", key=b"{"*" * 20}", x="kept")'),
        (f"what it doesn't say is '{SECRET}'", f"what it doesn't say is '{'*' * 20}'"),
        (f'"""{SECRET}"""', f'"""{"*" * 20}"""'),
        ("sync_to_thread='False' and \"/bees/{id:uuid}\"", "sync_to_thread='False' and \"/bees/{id:uuid}\""),
    ],
)
def test_what_is_quoted_in_a_text(text: str, expected: str) -> None:
    assert starred(text) == expected


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
