"""Every rule there is, in the order of judgement. A rule that is not listed here does not exist."""

from trend_platform.quality.rules.base import RowRule, Rule
from trend_platform.quality.rules.dividends import DIVIDENDS
from trend_platform.quality.rules.duplicates import CONFLICTING_DUPLICATE
from trend_platform.quality.rules.foreign import OTHER_SYMBOL
from trend_platform.quality.rules.integrity import INTEGRITY, MISSING_VOLUME, ZERO_VOLUME
from trend_platform.quality.rules.levels import LEVELS
from trend_platform.quality.rules.order import OUT_OF_ORDER
from trend_platform.quality.rules.repeats import REPEATS
from trend_platform.quality.rules.splits import UNADJUSTED_FOR_SPLIT
from trend_platform.quality.rules.stamps import STAMPS

ROW_RULES: tuple[RowRule, ...] = (*STAMPS, *INTEGRITY, ZERO_VOLUME, MISSING_VOLUME)
CANDLE_RULES: tuple[Rule, ...] = (
    *ROW_RULES,
    CONFLICTING_DUPLICATE,
    OUT_OF_ORDER,
    OTHER_SYMBOL,
    UNADJUSTED_FOR_SPLIT,
    *LEVELS,
    *REPEATS,
)
RULES: tuple[Rule, ...] = (*CANDLE_RULES, *DIVIDENDS)
