import json
from datetime import UTC, datetime

import dagster as dg

from trend_platform.domain.quotes import LatestPrice
from trend_platform.ingest.latest_outcome import LatestOutcome, RejectedQuote
from trend_platform.ingest.outcome import Failure
from trend_platform.orchestration.realtime.keys import LATEST_PRICES_ARE_FRESH
from trend_platform.orchestration.realtime.outcomes import failures_by_reason, price_metadata, price_verdict
from trend_platform.orchestration.realtime.verdicts import Verdict
from trend_platform.storage.base import PriceKind

AT = datetime(2026, 11, 20, 15, 3, tzinfo=UTC)
DOCS = dg.MetadataValue.text("docs/x.md")
FRESH = Verdict(LATEST_PRICES_ARE_FRESH, ())


def shown(outcome: LatestOutcome) -> dict[str, dg.MetadataValue]:
    return price_metadata(outcome, PriceKind.REAL, FRESH, DOCS)


def test_a_verdict_names_every_doubt_and_what_happens_next() -> None:
    outcome = LatestOutcome(
        asked=5,
        fresh=2,
        unchanged=1,
        rejected=(RejectedQuote("SPY", "polygon", "price_jump", "100 is 60 % off"),),
        missing={"SPY": "set aside", "QQQ": "no answer"},
        stale={"AAPL": AT},
        cache_skipped=3,
    )
    assert price_verdict(outcome) == (
        "2 new and 1 unchanged prices of 5 instruments; 2 missing (SPY, QQQ); 1 set aside; 1 standing still in an open market "
        "(AAPL); the cache is down, readers read the database: the next minute asks again"
    )


def test_the_refreshed_table_has_a_line_per_provider_with_the_age_of_its_quotes() -> None:
    prices = tuple(LatestPrice(f"S{n}", 1.0, None, None, AT.replace(minute=n), "polygon") for n in range(3))
    table = str(shown(LatestOutcome(3, 3, 0, calls={"polygon": 1, "coingecko": 2}, prices=prices))["refreshed"].value)
    assert "| polygon | 3 | 1 | 2026-11-20 15:00:00 | 2026-11-20 15:02:00 |" in table
    assert "| coingecko | 0 | 2 |  |  |" in table


def test_a_provider_that_is_down_is_one_line_whatever_it_was_asked() -> None:
    failures = tuple(Failure(f"S{n}", "polygon", "Transient", "polygon: 503", "") for n in range(500))
    assert failures_by_reason(failures).count("\n") == 2
    assert (
        "| S0, S1, S2, S3, S4 and 495 more | 500 | polygon | Transient | nobody | polygon: 503 |"
        in failures_by_reason(failures)
    )


def test_what_fails_for_five_hundred_stays_small_since_it_comes_every_minute() -> None:
    outcome = LatestOutcome(
        asked=500,
        fresh=0,
        unchanged=0,
        missing={f"S{n}": f"polygon: quota of {n} used up" for n in range(500)},
        rejected=tuple(RejectedQuote(f"S{n}", "polygon", "price_jump", f"{n} % off") for n in range(500)),
        stale={f"S{n}": AT for n in range(500)},
        failures=tuple(Failure(f"S{n}", "polygon", "Transient", f"polygon: {n}", "") for n in range(500)),
    )
    tables = {name: str(value.value) for name, value in shown(outcome).items()}
    assert len(json.dumps(tables)) < 10_000
    assert tables["what was set aside"].endswith("and 480 more")
