"""How a text sounds, from -1 (bad) to 1 (good): VADER's rules, with the words of markets that its lexicon lacks or mistakes.

A rule of thumb for many texts together, none for a single one. Source: Hutto and Gilbert (2014), VADER, ICWSM-14.
"""

from collections.abc import Iterable
from functools import cache
from types import MappingProxyType

import polars as pl
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

# On VADER's scale from -4 to 4. Neutral here: words that name a thing in this field ("shares", "profit", "gross").
WORDS_OF_MARKETS = MappingProxyType(
    {
        **dict.fromkeys(("beat", "beats", "tops", "outperform", "outperforms", "upgrade", "upgraded", "upgrades"), 2.0),
        **dict.fromkeys(("surge", "surges", "surged", "soar", "soars", "soared", "rally", "rallies", "jumps"), 2.4),
        **dict.fromkeys(("rise", "rises", "gains", "climbs", "rebound", "rebounds", "bullish", "buyback"), 1.6),
        **dict.fromkeys(("miss", "misses", "missed", "downgrade", "downgraded", "downgrades", "bearish"), -2.0),
        **dict.fromkeys(("plunge", "plunges", "plunged", "plummet", "plummets", "crash", "crashes", "tumbles"), -2.8),
        **dict.fromkeys(("fall", "falls", "fell", "drops", "slump", "slumps", "slides", "sinks", "selloff"), -1.8),
        **dict.fromkeys(("bankruptcy", "bankrupt", "default", "defaults", "delisting", "fraud", "recession"), -3.0),
        **dict.fromkeys(("lawsuit", "probe", "recall", "layoffs", "warning", "warns", "cuts", "shortfall"), -1.6),
        **dict.fromkeys(
            ("share", "shares", "profit", "profits", "gross", "interest", "vice", "trust", "security"), 0.0
        ),
    }
)


def sentiment_of(texts: Iterable[str]) -> pl.Series:
    """Return how each text sounds, from -1 to 1; null for one without a word."""
    judge = _analyzer()
    sounds = [judge.polarity_scores(text)["compound"] if text.strip() else None for text in texts]
    return pl.Series("sentiment", sounds, dtype=pl.Float64)


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    analyzer = SentimentIntensityAnalyzer()
    analyzer.lexicon.update(WORDS_OF_MARKETS)
    return analyzer
