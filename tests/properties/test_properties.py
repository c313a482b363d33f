"""Properties of every fix, whatever the code looks like.

``--examples N`` says how many examples are tried in all, ``--hypothesis-seed`` chooses others than the usual ones.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litestar_fix import registry
from litestar_fix.finding import Applicability, State
from litestar_fix.result import Reported
from litestar_fix.settings import Settings
from tests.goldens import Case, cases, tree
from tests.properties.conftest import Trying
from tests.properties.crowd import CROWDED, CROWDING
from tests.properties.layout import touched
from tests.properties.projects import Sample, samples, touches
from tests.properties.runs import check_same_meaning, check_whole, fixed, meaning, rules_in_order
from tests.properties.triggers import shared, triggers

pytestmark = pytest.mark.usefixtures("in_this_process")
RULES = registry.load([info.code for info in registry.rules()])
FIXING = [rule.code for rule in RULES if rule.applicability is not Applicability.NONE]
PAIRS = list(combinations(FIXING, 2))
#: Pairs whose order shows in the end, which is that of their codes where both are asked, and why that may be.
ORDERED = {
    ("LSF302", "LSF308"): "what is excluded from a DTO and what is marked is hidden twice",
    ("LSF501", "LSF506"): "a module that imports sync_to_thread wrongly gets it under a second name",
    ("LSF503", "LSF506"): "a module that imports sync_to_thread wrongly gets it under a second name",
}


@pytest.mark.parametrize("code", [rule.code for rule in RULES])
def test_every_rule_has_a_trigger_that_sets_it_off(code: str, folder: Path) -> None:
    trigger = triggers()[code]

    report = fixed(folder, shared(trigger), Settings(select=trigger.select)).report

    expected = State.WOULD_FIX if code in FIXING else State.REPORT
    assert expected in {item.state for item in report.findings if item.code == code}


def test_fixes_are_whole_and_final(trying_part: Trying, folder: Path) -> None:
    @trying_part(0.45)
    @given(samples())
    def holds(sample: Sample) -> None:
        result = fixed(folder, sample.laid_out)

        check_whole(sample.laid_out, result)
        if result.report.changes:
            again = fixed(folder, result.files)
            assert again.report.changes == ()
            check_whole(result.files, again)

    holds()


def test_the_layout_does_not_matter(trying_part: Trying, folder: Path) -> None:
    @trying_part(0.2)
    @given(samples())
    def holds(sample: Sample) -> None:
        check_same_meaning(fixed(folder, sample.plain), fixed(folder, sample.laid_out))

    holds()


def plain_cases() -> list[Case]:
    """The golden cases that a change of layout leaves what they are: a suppression holds for a line."""
    chosen = [case for case in cases() if case.name != "noop_suppressed"]
    return [case for case in chosen if "\r" not in _texts(case)]


def _texts(case: Case) -> str:
    return "".join(content.decode() for path, content in tree(case.before).items() if path.endswith(".py"))


def test_the_layout_of_golden_cases_does_not_matter(trying_part: Trying, folder: Path) -> None:
    plain = cache(lambda case: fixed(folder, tree(case.before), case.settings))

    @trying_part(0.15)
    @given(st.sampled_from(plain_cases()), st.data())
    def holds(case: Case, data: Any) -> None:
        files = tree(case.before)
        for path in [path for path in files if path.endswith(".py")]:
            files[path] = touched(files[path].decode(), data.draw(touches, path)).encode()

        result = fixed(folder, files, case.settings)

        check_whole(files, result)
        check_same_meaning(plain(case), result)

    holds()


def test_the_order_of_rules_does_not_matter(trying_part: Trying, folder: Path) -> None:
    @trying_part(0.05)
    @given(samples(), st.permutations(RULES))
    def holds(sample: Sample, order: list[Any]) -> None:
        usual = fixed(folder, sample.laid_out)
        with rules_in_order(order):
            other = fixed(folder, sample.laid_out)

        assert other.files == usual.files
        assert other.report == usual.report

    holds()


def test_pairs_of_rules_come_to_the_same_end(trying_part: Trying, folder: Path) -> None:
    @trying_part(0.05)
    @given(samples(), st.sampled_from(PAIRS))
    def holds(sample: Sample, pair: tuple[str, str]) -> None:
        check_pair(folder, sample.plain, pair)

    holds()


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared") / "project"


@pytest.mark.parametrize("pair", combinations(CROWDING, 2), ids=" and ".join)
def test_pairs_of_rules_at_one_handler_come_to_the_same_end(shared_folder: Path, pair: tuple[str, str]) -> None:
    findings = check_pair(shared_folder, CROWDED, pair)

    assert {item.code for item in findings if item.state is State.WOULD_FIX} == set(pair)


@pytest.mark.slow
@pytest.mark.parametrize("code", FIXING[:-1])
def test_pairs_of_rules_in_a_shared_module_come_to_the_same_end(folder: Path, code: str) -> None:
    for other in FIXING[FIXING.index(code) + 1 :]:
        first, second = triggers()[code], triggers()[other]

        findings = check_pair(folder, shared(first, second), (code, other))

        assert {code, other} <= {item.code for item in findings if item.state is State.WOULD_FIX}, other


def check_pair(folder: Path, files: dict[str, bytes], pair: tuple[str, str]) -> tuple[Reported, ...]:
    """Fix with two rules, one after the other in both orders, and together; return what they find together."""
    first, second = pair
    ends = [_in_turn(folder, files, codes) for codes in (pair, (second, first))]
    together = fixed(folder, files, _asking(*pair))

    # a new keyword argument goes last, so the order of the rules shows in theirs
    assert _meanings(ends[0]) == _meanings(together.files)
    if pair not in ORDERED:
        assert _meanings(ends[0]) == _meanings(ends[1])
    return together.report.findings


def _asking(*codes: str) -> Settings:
    return Settings(select=tuple(name for code in codes for name in triggers()[code].select))


def _meanings(files: dict[str, bytes]) -> dict[str, Any]:
    return {path: meaning(content) if path.endswith(".py") else content for path, content in files.items()}


def _in_turn(folder: Path, files: dict[str, bytes], pair: tuple[str, str]) -> dict[str, bytes]:
    """Run two rules in turn until one has nothing to do after the other."""
    for turn in range(10):
        before = files
        files = dict(_step(folder, tuple(files.items()), pair[turn % 2]))
        if turn > 1 and files == before:
            return files
    raise AssertionError(f"{' and '.join(pair)} come to no end")


@cache  # pairs of rules share most of their steps
def _step(folder: Path, files: tuple[tuple[str, bytes], ...], code: str) -> tuple[tuple[str, bytes], ...]:
    return tuple(fixed(folder, dict(files), _asking(code)).files.items())
