"""The rules about dividends: what can be wrong with an amount, its day, and the adjustment that a provider made for it.

They warn and take nothing away: a dividend is kept as it was told, and people decide. What is looked at lives in `dividends`.
"""

from trend_platform.quality.rules.base import Rule, Severity

AMOUNT_NOT_POSITIVE = Rule(
    id="dividend_not_positive",
    severity=Severity.WARN,
    sentence="the amount {} is none: expected a number above zero",
)
DIVIDEND_UNIT_100X = Rule(
    id="dividend_unit_100x",
    severity=Severity.WARN,
    sentence="the amount {} is {} of the close before, and {} speaks for a hundred times {}: another unit, such as pence"
    " for pounds",
)
NOT_IN_PRICE = Rule(
    id="dividend_not_in_price",
    severity=Severity.WARN,
    sentence="the amount {} is {} of the close before, but the price went by {} at the open and {} by the close: the amount,"
    " its currency or its day is wrong",
)
DIVIDEND_TWICE = Rule(
    id="dividend_twice",
    severity=Severity.WARN,
    sentence="the amount {} was told {} days apart from {} of {}, and the price shows less of this one: one payment, told"
    " twice",
)
ADJUSTMENT_MISSING = Rule(
    id="adjustment_missing",
    severity=Severity.WARN,
    sentence="the amount {} is {} of the close before, and the provider's adjusted prices know nothing of it",
)
ADJUSTMENT_DIFFERS = Rule(
    id="adjustment_differs",
    severity=Severity.WARN,
    sentence="the amount {} is {} of the close before, and the provider's adjusted prices are adjusted for {}",
)
DIVIDEND_UNKNOWN = Rule(
    id="dividend_unknown",
    severity=Severity.WARN,
    sentence="the provider's adjusted prices are adjusted for {} of the close before, and no dividend is known",
)
DIVIDENDS = (
    AMOUNT_NOT_POSITIVE,
    DIVIDEND_UNIT_100X,
    NOT_IN_PRICE,
    DIVIDEND_TWICE,
    ADJUSTMENT_MISSING,
    ADJUSTMENT_DIFFERS,
    DIVIDEND_UNKNOWN,
)
