"""The list of rules: complete, without doubles, and documented rule by rule."""

import re
from pathlib import Path

from trend_platform.quality.rules import (
    base,
    dividends,
    duplicates,
    foreign,
    integrity,
    levels,
    order,
    repeats,
    splits,
    stamps,
)
from trend_platform.quality.rules.catalogue import RULES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "rules.md"


def test_every_rule_that_is_defined_is_listed_once() -> None:
    modules = (dividends, duplicates, foreign, integrity, levels, order, repeats, splits, stamps)
    defined = {value.id for module in modules for value in vars(module).values() if isinstance(value, base.Rule)}
    listed = [rule.id for rule in RULES]
    assert sorted(listed) == sorted(defined)


def test_every_rule_has_its_section_and_every_section_its_rule() -> None:
    text = PAGE.read_text()
    sections = dict(re.findall(r"^### `(\w+)`\n(\w+)", text, re.MULTILINE))
    assert sections == {rule.id: rule.severity.value.capitalize() for rule in RULES}
