"""The pages about rules: every kind has one, every example is a rule, every field and code is explained, every source listed."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from antalya.model.rules import AnyRule, Exceptions, Rule

PAGES = Path(__file__).parents[1] / "docs" / "rules"
KINDS = {str(rule.__struct_config__.tag): rule for rule in get_args(AnyRule)}
INDEX = (PAGES / "index.md").read_text(encoding="utf-8")


def page(kind: str) -> str:
    return (PAGES / f"{kind}.md").read_text(encoding="utf-8")


def examples(kind: str) -> list[str]:
    return re.findall(r"^```json\n(.*?)^```$", page(kind), re.MULTILINE | re.DOTALL)


def test_there_is_a_page_for_every_kind_and_no_other() -> None:
    assert {p.stem for p in PAGES.glob("*.md")} == {*KINDS, "index"}
    assert all(f"[{kind}]({kind}.md)" in INDEX for kind in KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_example_is_a_rule_of_its_kind(kind: str) -> None:
    assert examples(kind)
    for example in examples(kind):
        rule = msgspec.json.decode(example, type=AnyRule)
        assert isinstance(rule, KINDS[kind])
        assert msgspec.json.decode(msgspec.json.encode(rule), type=AnyRule) == rule


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_is_explained(kind: str) -> None:
    shared = {*Rule.__struct_fields__, *Exceptions.__struct_fields__}
    for field in KINDS[kind].__struct_fields__:
        assert f"`{field}`" in (INDEX if field in shared else page(kind)), field
    assert all(f"`{field}`" in INDEX for field in shared)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_page_says_what_it_finds_what_removes_it_and_what_it_is_modelled_on(kind: str) -> None:
    for heading in ("**Precedent.**", "**The finding.**", "**What removes it.**"):
        assert heading in page(kind)
    stories = re.findall(r"`(tests/stories/test_\w+\.py)`", page(kind))
    assert stories
    assert all((PAGES.parents[1] / story).is_file() for story in stories)


def test_every_code_of_a_finding_stands_on_a_page() -> None:
    source = "".join(p.read_text(encoding="utf-8") for p in (PAGES.parents[1] / "src/antalya/steps/weigh").glob("*.py"))
    codes = set(re.findall(r'finding\("(?:clash|breach|hazard)", "([a-z-]+)"', source))
    codes |= set(re.findall(r'"(wrong-side-of-line|in-keep-out|too-many|too-many-at-once|outside-hours)"', source))
    assert len(codes) > 14
    assert {code for code in codes if f"`{code}`" not in INDEX} == set()


def test_every_source_that_is_cited_is_listed() -> None:
    listed = set(re.findall(r"\[(\d+)\] ", INDEX.partition("## Sources")[2]))
    cited = {n for kind in KINDS for n in re.findall(r"\[(\d+)\]", page(kind))}
    assert cited == listed
