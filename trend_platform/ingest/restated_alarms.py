"""Which providers took back more than is usual when they were last asked again: read from the measurements, for alerts.

Asking again is `restate`'s; this stays light, for it is looked at each minute.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from trend_platform.ingest.workshop import Workshop
from trend_platform.storage.measures import Metric

METRIC: Final = "restatement"
"""What the measurements are called; their value is the share of final candles whose prices changed."""

LASTS: Final = timedelta(days=2)
"""How long an alarm lasts if nobody asks again; two nights, so that one that fails does not end it."""

_LOOKED_AT: Final = 50


def alarming_restatements(workshop: Workshop) -> Iterator[tuple[str, str]]:
    """Give `{provider}:{timeframe}` and a sentence for each whose newest measurement is alarming.

    Raises:
        UnavailableError: The database does not answer.
    """
    since = workshop.clock.now() - LASTS
    seen: set[str] = set()
    for metric in workshop.storage.metrics.latest(METRIC, _LOOKED_AT):
        told = metric.details
        name = f"{told.get('provider')}:{metric.timeframe}"
        if metric.measured_at < since or name in seen:
            continue
        seen.add(name)
        if told.get("is_alarming"):
            yield name, _sentence(metric)


def _sentence(metric: Metric) -> str:
    told = metric.details
    symbols = told.get("symbols")
    named = ", ".join(map(str, symbols)) if isinstance(symbols, list) else ""
    return (
        f"{told.get('provider')} changed the prices of {told.get('repriced')} of {told.get('compared')} final "
        f"{metric.timeframe} candles ({metric.value:.1%}) when it was asked again on "
        f"{metric.measured_at:%Y-%m-%d %H:%M} UTC: {named}"
    )
