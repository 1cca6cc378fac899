"""Range by range: what is there of each wanted range, by its rows and its ledger.

For whoever asks after a run, such as an asset check: nothing is fetched or written here.
"""

from collections.abc import Mapping
from dataclasses import replace

from trend_platform.domain.ranges import Range
from trend_platform.ingest.accounts import series_accounts
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.outcome import SeriesAccount
from trend_platform.ingest.prepare import surveyed
from trend_platform.ingest.workshop import Workshop


def accounts_by_range(workshop: Workshop, wanted: Wanted) -> Mapping[Range, tuple[SeriesAccount, ...]]:
    """Return the accounts of the wanted series for each wanted range on its own, at this instant.

    Raises:
        UsageError: No provider is at hand.
    """
    wanted, offers = surveyed(workshop, wanted)
    return {range_: series_accounts(workshop, replace(wanted, ranges=(range_,)), offers) for range_ in wanted.ranges}
