"""What the rules find in real series with real faults, beside what is aimed at: recall by kind, false alarms on clean series.

The figures are percentages. The kinds of fault were known when the rules were written; `held out` marks series that were not.
An aim that is not reached is shown as not reached.
"""

import os
from pathlib import Path

from trend_platform_tests import services
from trend_platform_tests.benchmarks.figure import Figure
from trend_platform_tests.recorded.bad_data import CLEAN
from trend_platform_tests.recorded.bad_data import measure as measured
from trend_platform_tests.recorded.lean_dividends import planted_one_by_one, shares

AIM, MOST_ALARMS = 90.0, 1.0
EVERY = 7


def measure(found: services.Services) -> list[Figure]:
    """Return recall by kind of fault and the share of false alarms; nothing where the shared data is absent."""
    shared = Path(os.environ.get("TREND_SHARED_DATA", services.CHECKOUT.parent / "shared" / "data"))
    folder = shared / "market" / "yfinance_bad_data"
    if not folder.is_dir():
        return []
    seen = measured(folder)
    recall = [
        Figure(f"found: {name} ({kind.faults})", 100 * kind.recall, AIM, "%", "aim", at_least=1.0)
        for name, kind in sorted(seen.kinds.items())
    ]
    alarms = [
        Figure(f"false alarms: {what} ({one.looked_at})", 100 * one.share, MOST_ALARMS, "%", "limit", at_most=1.0)
        for what, one in (("clean candles", seen.candles[CLEAN]), ("clean dividends", seen.dividends[CLEAN]))
    ]
    return [*recall, *alarms, *_held_out(shared / "market" / "lean" / "equity" / "usa")]


def _held_out(folder: Path) -> list[Figure]:
    known = list(shares(folder))
    count = sum(share.dividends.height for share in known)
    said = sum(len(share.struck()) for share in known)
    found = []
    for what, times in (("a hundredfold", 100.0), ("a hundredth", 0.01)):
        planted = [planted_one_by_one(share, EVERY, times.__mul__) for share in known]
        total, seen = (sum(column) for column in zip(*planted, strict=True))
        found.append(
            Figure(f"held out, found: one dividend {what} ({total})", 100 * seen / total, AIM, "%", "aim", at_least=1.0)
        )
    alarms = Figure(
        f"held out, alarms: dividends ({count})", 100 * said / count, MOST_ALARMS, "%", "limit", at_most=1.0
    )
    return [*found, alarms]
