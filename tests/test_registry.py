"""Which rules exist, and which of them a selection means."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import msgspec
import pytest

from litestar_fix import registry
from litestar_fix.errors import UsageError
from litestar_fix.finding import Severity
from litestar_fix.practice import PracticeRule
from litestar_fix.registry import RuleInfo
from litestar_fix.settings import Settings

RULES = Path(registry.__file__).with_name("rules")
ALL = ("LSF101", "LSF102", "LSF201", "LSF502")


@pytest.fixture
def four_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"LSF101": "warm-milk", "LSF102": "cold-milk", "LSF201": "stale-bread", "LSF502": "sour-cream"}
    rules = tuple(
        RuleInfo(
            code=code,
            name=name,
            severity="low",  # type: ignore[arg-type]
            applicability="none",  # type: ignore[arg-type]
            guide="",
            on_by_default=code != "LSF502",
            docstring="",
            stem=name.replace("-", "_"),
            class_name="",
        )
        for code, name in names.items()
    )
    monkeypatch.setattr(registry, "rules", lambda: rules)


def said(info: RuleInfo | None) -> RuleInfo:
    """What a rule says; since Python 3.13, the docstring of a class is not indented as it is in its file."""
    assert info is not None
    return msgspec.structs.replace(info, docstring=info.documentation)


def test_what_a_file_says_of_its_rule_is_what_its_class_says() -> None:
    listed = registry.rules()
    loaded = registry.load(info.code for info in listed)

    assert [info.code for info in listed] == sorted(info.code for info in listed)
    assert len(loaded) == len(listed) == len([path for path in RULES.glob("*.py") if path.stem != "__init__"])
    for info, rule in zip(listed, loaded, strict=True):
        assert said(registry.as_written(info.stem)) == said(registry._imported(info.stem)) == said(info)
        assert issubclass(rule, PracticeRule)
        assert rule.__module__ == f"litestar_fix.rules.{info.stem}"
        assert (info.code, info.name, info.guide) == (rule.code, rule.name, rule.guide)
        assert (info.severity, info.applicability) == (rule.severity, rule.applicability)
        assert (info.cost, info.search) == (rule.cost, rule.search)
        assert info.on_by_default == getattr(rule, "on_by_default", True)
        assert isinstance(info.severity, Severity)
        assert info.name == info.stem.replace("_", "-")
        assert info.summary
        assert info.documentation.startswith(info.summary)
        bad, good = registry.samples(info)
        assert bad
        assert good


def test_rules_that_are_being_written_stop_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = (RULES / "debug_enabled.py").read_text("utf-8").replace("LSF", "MILK")
    head, between, rule = whole.partition("class ")
    base = "class Dairy(practice.PracticeRule):\n    pass\n\n\n"
    texts = {
        "milk_begun": "class MilkBegun(practice.PracticeRule):\n    code = ",
        "milk_empty": "import milk_that_is_not_there\n",
        "milk_whole": head + base + between + rule.replace("practice.PracticeRule", "Dairy", 1),
    }
    for stem, text in texts.items():
        (tmp_path / f"{stem}.py").write_text(text, "utf-8")
    monkeypatch.setattr(registry, "_FOLDER", tmp_path)
    monkeypatch.setattr(import_module("litestar_fix.rules"), "__path__", [str(tmp_path)])
    read = registry._own.__wrapped__()

    registry.import_all()

    assert [info.stem for info in read] == ["milk_whole"]
    assert [*map(said, registry._own.__wrapped__())] == [*map(said, read)]
    for stem in texts:
        sys.modules.pop(f"litestar_fix.rules.{stem}", None)


@pytest.mark.usefixtures("four_rules")
@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("LSF9", "unknown rule 'LSF9'"),
        ("LSF5022", "did you mean 'LSF502'?"),
        ("warmmilk", "did you mean 'warm-milk'?"),
        ("E501", "`litestar-fix rules` lists them"),
        ("", "unknown rule ''"),
    ],
)
def test_a_selector_that_means_nothing_is_rejected(selector: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        registry.selected(Settings(select=(selector,)))

    assert message in str(error.value)


@pytest.mark.usefixtures("four_rules")
@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        (Settings(), ALL[:3]),
        (Settings(select=()), ()),
        (Settings(select=("ALL",)), ALL),
        (Settings(select=("lsf1",)), ALL[:2]),
        (Settings(select=("stale-bread",)), ("LSF201",)),
        (Settings(extend_select=("LSF502",)), ALL),
        (Settings(ignore=("LSF1",)), ("LSF201",)),
        (Settings(select=("LSF101",), ignore=("LSF1",)), ("LSF101",)),
        (Settings(select=("LSF1",), ignore=("LSF101",)), ("LSF102",)),
        (Settings(select=("LSF1",), ignore=("ALL",)), ALL[:2]),
        (Settings(select=("LSF101",), ignore=("warm-milk",)), ()),
    ],
)
def test_the_more_specific_selector_wins(settings: Settings, codes: tuple[str, ...]) -> None:
    assert registry.selected(settings) == codes


@pytest.mark.usefixtures("four_rules")
@pytest.mark.parametrize(
    ("select", "extend", "ignore", "codes"),
    [
        ((), (), (), ("LSF102", "LSF201")),
        (("LSF101",), (), (), ("LSF101",)),
        ((), ("LSF101",), (), ALL[:3]),
        ((), (), ("LSF2",), ("LSF102",)),
        (("LSF1",), ("LSF502",), ("LSF102",), ("LSF101", "LSF502")),
    ],
)
def test_the_command_line_has_the_last_word(
    select: tuple[str, ...], extend: tuple[str, ...], ignore: tuple[str, ...], codes: tuple[str, ...]
) -> None:
    configured = Settings(ignore=("LSF101",))

    overridden = registry.override(configured, select=select, extend_select=extend, ignore=ignore)

    assert registry.selected(overridden) == codes


@pytest.mark.usefixtures("four_rules")
def test_codes_are_ignored_in_files_that_match() -> None:
    configured = Settings(per_file_ignores={"tests/**": ("LSF1",), "legacy": ("ALL",), "*_spec.py": ("LSF201",)})

    assert registry.ignored_in(configured, "shop/app.py") == frozenset()
    assert registry.ignored_in(configured, "tests/unit/test_app.py") == {"LSF101", "LSF102"}
    assert registry.ignored_in(configured, "shop/legacy/app.py") == set(ALL)
    assert registry.ignored_in(configured, "tests/app_spec.py") == {"LSF101", "LSF102", "LSF201"}
