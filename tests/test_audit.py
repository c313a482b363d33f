"""An audit says what is wrong, what is done well, and what to do; its page does no harm and can be used."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from litestar_fix import api, registry
from litestar_fix.audit.practices import PRACTICES
from litestar_fix.audit.sites import Sites
from litestar_fix.audit.summary import Audit, audit
from litestar_fix.cli import main
from litestar_fix.model.project import Project
from litestar_fix.report import audit_html, audit_json, audit_markdown, audit_text
from litestar_fix.report.style import Style
from litestar_fix.settings import Settings
from tests import chromium

RUN = api.Run(jobs=1, cache=False)
APP = """\
from dataclasses import dataclass

from litestar import Controller, Litestar, get
from litestar.exceptions import HTTPException


@dataclass
class Keeper:
    name: str
    password: str


class Keepers(Controller):
    path = "/keepers"

    @get("/{name:str}")
    async def read_keeper(self, name: str) -> Keeper:
        if name != "ann":
            raise HTTPException(status_code=404, detail="no such keeper")
        return Keeper(name, "x")

    @get()
    def list_keepers(self) -> list[str]:
        return ["ann"]

    @get("/count", sync_to_thread=False)
    def count_keepers(self) -> int:
        return 1

    @get("/oldest", sync_to_thread=False)
    def read_oldest(self) -> str:
        return "ann"


@get("/about", sync_to_thread=False)
def about() -> str:
    return "keepers"


app = Litestar([Keepers, about])
"""
TEST = "from app import about\n\n\ndef test_about() -> None:\n    assert about\n"
RULES = ("LSF204", "LSF302", "LSF603", "LSF911", "LSF706")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "aviary"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "test_app.py").write_text(TEST)
    return folder


def audited(root: Path, settings: Settings | None = None, *, is_outlook: bool = False) -> Audit:
    chosen = settings or Settings(select=RULES)
    ask = api.outlook if is_outlook else api.check
    report = ask([root], chosen, root=root, run=RUN)
    project, _ = api.project([root], chosen, root=root, run=RUN)
    return audit(report, project, registry.selected(chosen))


def test_every_rule_says_what_it_asks_for() -> None:
    assert set(PRACTICES) == {info.code for info in registry.rules()} - {"LSF001"}
    project = Project(Path("/"), {}, Settings())
    for practice in PRACTICES.values():
        assert Sites(project).of(practice.kind) == ()


def test_places_are_counted_not_findings(root: Path) -> None:
    found = audited(root)

    by_code = {item.code: item for item in found.positive}
    assert "LSF204" not in by_code  # 3 of 4 are not enough to be told as a strength
    compliance = next(rule.compliance for rule in found.rules if rule.code == "LSF204")
    assert compliance is not None
    assert (compliance.good, compliance.total, compliance.ratio) == (3, 4, 0.75)
    assert compliance.text == "synchronous handlers that say where they run: 3 of 4"
    assert by_code["LSF302"].text == "handlers that send no secret: 4 of 5"
    # nobody is praised for what cannot be: there is no websocket handler and no guard
    assert {"LSF911", "LSF706"}.isdisjoint(by_code)


def test_severities_ways_and_modules_add_up(root: Path) -> None:
    found = audited(root)

    assert found.counts == {"critical": 1, "high": 0, "medium": 2, "low": 0}
    assert sum(found.counts.values()) == len(found.report.remaining)
    for rule in found.rules:
        assert rule.safe + rule.unsafe + rule.manual == len(rule.findings)
    assert [(item.path, item.total) for item in found.hotspots] == [("app.py", 3)]
    assert [step.command for step in found.steps] == [
        "litestar-fix",
        "litestar-fix --unsafe-fixes --select LSF302",
        "litestar-fix --unsafe-fixes --select LSF603",
    ][: len(found.steps)]
    assert sum(step.count for step in found.steps) == 3


def test_findings_stand_on_their_layer(root: Path) -> None:
    (app,) = (node for node in audited(root).tree if node["kind"] == "application")

    keepers = next(node for node in app["children"] if node["kind"] == "controller")
    numbers = {node["name"].rpartition(".")[2]: sum(node["findings"].values()) for node in keepers["children"]}
    assert numbers == {"read_keeper": 2, "list_keepers": 1, "count_keepers": 0, "read_oldest": 0}
    assert sum(keepers["findings"].values()) == 0
    assert keepers["children"][0]["routes"] == ["GET /keepers/{name:str}"]


def test_markdown_has_the_sections_of_the_guide(root: Path) -> None:
    lines = list(audit_markdown.render(audited(root)))

    assert [line for line in lines if line.startswith("## ")] == [
        "## What to do, in order",
        "## Where most is found",
        "## Critical (must fix)",
        "## High (should fix)",
        "## Medium (consider fixing)",
        "## Low (nice to have)",
        "## Positive findings",
    ]
    assert "| Critical | 1 | 0 | 1 | 0 |" in lines
    assert "- Handlers that send no secret: 4 of 5 (LSF302)" in lines


def test_the_other_formats_say_the_same(root: Path) -> None:
    found = audited(root)

    text = "\n".join(audit_text.render(found, Style()))
    assert "critical: 1" in text
    assert "handlers that send no secret: 4 of 5 (LSF302)" in text
    document = json.loads(audit_json.render(found))
    assert document["severities"] == found.counts
    assert len(document["findings"]) == 3
    assert document["positive"][0]["total"] >= 3


def test_a_clean_project(root: Path) -> None:
    (root / "app.py").write_text("from litestar import Litestar\n\napp = Litestar([])\n")
    found = audited(root)

    assert (found.rules, found.hotspots, found.steps) == ((), (), ())
    assert "Nothing." in list(audit_markdown.render(found))
    assert b"There is too little to say." in audit_html.render(audited(root, is_outlook=True))


def test_the_command(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = root.parent / "audit.html"

    assert main(["audit", str(root), "--no-cache", "--output-format=html", "-o", str(target)]) == 0
    assert target.read_bytes().startswith(b"<!DOCTYPE html>")
    assert main(["audit", str(root), "--no-cache"]) == 0
    assert capsys.readouterr().out.startswith("critical: 1\n")
    assert main(["audit", str(root), "--output-format=json", "-o", "/dev/null/x"]) == 2
    assert "/dev/null/x cannot be written" in capsys.readouterr().err
    (root / "app.py").write_text("def broken(:\n")
    assert main(["audit", str(root), "--no-cache"]) == 2


# ------------------------------------------------------------------------------------------------------------ the page
EVIL = "</script><script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"


def hostile(root: Path) -> Path:
    """A project whose names and code are attacks on a page that shows them."""
    folder = root.parent / "<b>'&\"{{ 7 * 7 }}"
    folder.mkdir()
    name = "</style><svg onload=alert(1)>.py".replace("/", "_")
    attack = f'@get("/a", summary={EVIL!r})\ndef evil() -> str: return {EVIL!r}  # {EVIL}\n'
    (folder / name).write_text(f"from litestar import Litestar, get\n\n\n{attack}\n\napp = Litestar([evil])\n")
    return folder


class Tags(HTMLParser):
    """Collects what a browser would run, load or follow."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.found += [name for name, value in attributes if name.startswith("on") or name in ("src", "style")]
        self.found += [f"{name}={value}" for name, value in attributes if name == "href" and value != "#findings"]


def test_the_page_runs_and_loads_nothing_but_its_own(root: Path) -> None:
    content = audit_html.render(audited(hostile(root), is_outlook=True)).decode()

    tags = Tags()
    tags.feed(content)
    assert tags.found.count("script") == 1
    assert {"img", "b", "src", "onerror", "onload", "style", "link"} & set(tags.found) == {"style"}
    assert tags.found.count("style") == 1
    assert not [item for item in tags.found if item.startswith("href=")]
    assert "49" not in re.findall(r"<title>(.*)</title>", content)[0]
    assert "default-src &#39;none&#39;" in content or "default-src 'none'" in content


def test_the_page_shows_code_and_diff_without_secrets(root: Path) -> None:
    secret = "tR0ub4dor-and-3-horses"
    keys = f'from litestar import Litestar\n\nAPI_KEY = "{secret}"\napp = Litestar([], debug=bool("{secret}"))\n'
    (root / "keys.py").write_text(keys)

    content = audit_html.render(
        audited(root, Settings(select=("LSF703", "LSF302", "LSF204")), is_outlook=True)
    ).decode()

    assert "LSF703" in content
    assert secret not in content
    assert '<span class="row add">+    @get(sync_to_thread=False)</span>' in content


@pytest.mark.skipif(chromium.PROGRAM is None, reason="there is no Chromium")
def test_the_page_in_a_browser(root: Path, tmp_path: Path) -> None:
    page = tmp_path / "audit.html"
    page.write_bytes(audit_html.render(audited(root, is_outlook=True)))
    evil = tmp_path / "evil.html"
    evil.write_bytes(audit_html.render(audited(hostile(root), is_outlook=True)))

    with chromium.page(tmp_path / "profile") as browser:
        browser.open(page)
        told = "document.querySelector('#told').textContent"
        visible = "[...document.querySelectorAll('article')].filter((a) => a.offsetParent).length"
        assert (browser.value(told), browser.value(visible)) == ("3 of 3 findings", 3)

        browser.value(_typed("text", "nosuchword"))
        assert (browser.value(told), browser.value(visible)) == ("0 of 3 findings", 0)
        browser.value(_typed("text", "PASSWORD keeper"))
        assert browser.value(visible) == 1
        browser.value(
            "document.querySelector('button[type=reset]').click(); new Promise((done) => setTimeout(done, 50))"
        )
        assert browser.value(visible) == 3
        browser.value(_typed("rule", "LSF204"))
        assert browser.value(visible) == 1
        browser.value(
            "document.querySelector('button[data-module]').click(); new Promise((done) => setTimeout(done, 50))"
        )
        assert browser.value(visible) == 3
        browser.value(_clicked("[value=critical]"))
        assert browser.value(told) == "2 of 3 findings"

        colors = []
        for scheme in ("light", "dark"):
            browser.prefer(scheme)
            colors.append(browser.value("getComputedStyle(document.body).backgroundColor"))
            assert len(browser.picture()) > 10_000
        assert colors[0] != colors[1]
        # everything that can be used is reached by the keyboard, and says what it is
        fields = "[...document.querySelectorAll('input, select, button')]"
        assert browser.value(f"{fields}.filter((e) => !e.labels?.length && !e.textContent.trim()).length") == 0
        assert browser.value("document.documentElement.scrollWidth <= window.innerWidth") is True

        browser.open(evil)
        assert browser.value("document.title").startswith("Audit of <b>'&\"{{ 7 * 7 }}")
        assert browser.value(told) == "1 of 1 findings"
        assert browser.said == []
        assert {url.partition(":")[0] for url in browser.requested} == {"file"}


def _clicked(selector: str) -> str:
    return f"document.querySelector('{selector}').click(); new Promise((done) => setTimeout(done, 50))"


def _typed(field: str, text: str) -> str:
    field = f"document.querySelector('form').elements.namedItem({json.dumps(field)})"
    return f"{field}.value = {json.dumps(text)}; {field}.dispatchEvent(new Event('input', {{bubbles: true}}))"
