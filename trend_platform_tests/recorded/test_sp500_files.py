"""Five years of 505 real symbols through the files provider into TimescaleDB, with nothing lost and nothing made up."""

from collections import Counter

import polars as pl
import psycopg
import pytest

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.coverage import GapReason
from trend_platform.domain.intervals import days
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.registry import open_provider
from trend_platform.settings import FilesSettings, ProvidersSettings
from trend_platform.storage.base import Upsert
from trend_platform_tests.recorded.sp500 import AS_OF, FILE, FIRST, Sp500
from trend_platform_tests.world import World

pytestmark = [pytest.mark.recorded, pytest.mark.slow, pytest.mark.timeout(300)]


def files_of(world: World, sp500: Sp500):
    columns = {"opened_at": "date", "symbol": "Name"}
    settings = FilesSettings(path=sp500.path, columns=columns, basis="split")
    return open_provider("files", ProvidersSettings(files=settings), world.clock)


def counted(world: World) -> dict[str, tuple[int, float]]:
    with psycopg.connect(world.database_url) as connection:
        rows = connection.execute(
            "SELECT symbol, count(*), sum(close) FROM market.candles_daily JOIN market.instruments USING (instrument_id) "
            "GROUP BY symbol"
        ).fetchall()
    return {symbol: (count, float(total)) for symbol, count, total in rows}


def test_every_valid_line_is_stored_and_every_other_one_is_in_quarantine_with_its_reason(
    real_world: World, shared_data
):
    sp500 = Sp500(shared_data / FILE)
    real_world.add(*sp500.symbols)
    outcome = real_world.backfill(Range.MAX, providers=(files_of(real_world, sp500),), as_of=AS_OF)

    invalid = sp500.lines.height - sp500.valid.height
    assert (outcome.received, outcome.rejected) == (619_040, invalid)
    assert outcome.upserted == Upsert(inserted=sp500.valid.height)
    found = counted(real_world)
    for (symbol,), lines in sp500.valid.group_by("Name"):
        assert found[str(symbol)] == (lines.height, pytest.approx(lines["close"].sum(), rel=1e-12))

    sessions = get_calendar("XNYS").candle_opens(Timeframe.D1, days(FIRST, AS_OF))
    assert outcome.expected == 505 * len(sessions)
    firsts = dict(sp500.lines.group_by("Name").agg(first=pl.col("date").min()).iter_rows())
    bad = invalid_by_symbol(sp500)
    for account in outcome.accounts:
        leading = [gap for gap in account.gaps if gap.reason is GapReason.BEFORE_LISTING]
        assert bool(leading) == (firsts[account.symbol] > FIRST)
        assert account.missing.get(GapReason.REJECTED, 0) == bad[account.symbol]
    again = real_world.backfill(Range.MAX, providers=(files_of(real_world, sp500),), as_of=AS_OF)
    assert (again.received, again.upserted) == (0, Upsert())
    refreshed = real_world.backfill(Range.MAX, providers=(files_of(real_world, sp500),), as_of=AS_OF, refresh=True)
    assert refreshed.upserted == Upsert(unchanged=sp500.valid.height)


def invalid_by_symbol(sp500: Sp500) -> Counter[str]:
    return Counter(sp500.lines["Name"].to_list()) - Counter(sp500.valid["Name"].to_list())
