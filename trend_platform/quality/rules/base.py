"""What a rule is, and how rows are marked as struck by one. No rule lives here."""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl


class Severity(StrEnum):
    """What happens to a row that a rule strikes."""

    REJECT = "reject"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Rule:
    """One judgement that can be passed on a candle.

    Attributes:
        id: Its name in quarantine, warnings and `docs/reference/rules.md`.
        severity: What happens to the row.
        sentence: What it says of a row; `{}` stands for a value found, in order.
    """

    id: str
    severity: Severity
    sentence: str


@dataclass(frozen=True, slots=True)
class RowRule(Rule):
    """A rule that needs nothing but the row itself and what `prepared` put beside it.

    Attributes:
        strikes: Boolean expression over the prepared columns; null counts as false.
        found: The values its sentence shows, in order.
    """

    strikes: pl.Expr
    found: tuple[pl.Expr, ...] = ()

    @property
    def reason(self) -> pl.Expr:
        """Return the expression of the sentence with the values found; null where the rule does not strike."""
        shown = [value.cast(pl.String).fill_null("nothing") for value in self.found]
        text = pl.format(self.sentence, *shown) if shown else pl.lit(self.sentence)
        return pl.when(self.strikes).then(text)


@dataclass(frozen=True, slots=True)
class Strike:
    """One candle struck by a rule that looks at its neighbours.

    Attributes:
        row: Its row in the frame that was looked at.
        rule: The rule.
        reason: The rule's sentence with the values found.
    """

    row: int
    rule: Rule
    reason: str


Finding = tuple[int, Rule, tuple[object, ...]]
"""A candle of a window, the rule that strikes it, and the values its sentence shows."""


def strike(row: int, rule: Rule, *found: object) -> Strike:
    """Return the strike of `rule` on `row`, its sentence filled with the values found."""
    return Strike(row, rule, rule.sentence.format(*(shown(value) for value in found)))


def shown(value: object) -> str:
    """Return a value as a reason shows it: prices and ratios with six significant digits."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
