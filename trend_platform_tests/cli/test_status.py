"""What `trend status` and `trend doctor` say about freshness, on a market in memory and with no service running."""

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from trend_platform.cli.findings import State
from trend_platform.cli.look_at_minutes import look_at_minutes
from trend_platform.errors import AuthFailed, UnavailableError
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.base import Provider
from trend_platform.settings import Settings
from trend_platform_tests.cli.conftest import Trend, answer_of, simulated_session
from trend_platform_tests.cli.sessions import GivenSession


@pytest.fixture
def session(tmp_path: Path) -> GivenSession:
    return replace(simulated_session(), settings=Settings(home=tmp_path / ".trend"))


@pytest.fixture
def fresh(trend: Trend) -> None:
    trend("overview", "add", "AAPL", "BTC-USD")
    trend("backfill", "7D")
    trend("realtime", "latest")
    trend("realtime", "hourly")


@pytest.mark.usefixtures("fresh")
def test_fresh_prices_are_said_to_be_fresh_kind_by_kind(trend: Trend) -> None:
    answer = answer_of(trend("status", "--json"), code=1)
    assert answer["freshness"] == {"unknown": None, "looked_at": 6, "stale": []}
    assert {one["name"] for one in answer["services"]} >= {"database", "redis"}
    assert answer["is_complete"] is False
    _, out, _ = trend("status")
    for kind in ("latest prices", "hourly candles", "daily candles"):
        assert "fresh" in next(line for line in out.splitlines() if line.startswith(kind))


@pytest.mark.usefixtures("fresh")
def test_a_closed_market_stays_fresh_while_a_coin_grows_stale(trend: Trend, session: GivenSession) -> None:
    session.whole.clock.advance(timedelta(minutes=10))
    (stale,) = answer_of(trend("status", "--json"), code=1)["freshness"]["stale"]
    assert (stale["what"], stale["symbol"]) == ("latest_price", "BTC-USD")
    assert "is expected" in stale["reason"]
    _, out, _ = trend("status")
    row = next(line for line in out.splitlines() if line.startswith("latest prices"))
    assert row.split()[2:5] == ["stale", "1", "2"]
    assert "BTC-USD" in row


def test_nothing_on_any_list_is_said(trend: Trend) -> None:
    assert "nothing is kept fresh: `trend overview add" in trend("status")[1]


class Barred(GivenSession):
    """A session whose workshop cannot be opened with the providers of the settings, or at all."""

    error: Exception = UnavailableError("the database does not answer")
    also_for_readers = True

    def workshop(
        self, provider: str | None = None, ready: tuple[Provider, ...] | None = None
    ) -> AbstractContextManager[Workshop]:
        if ready is None or self.also_for_readers:
            raise self.error
        return super().workshop(provider, ready)


def test_a_database_that_is_away_keeps_the_services_from_nothing(trend: Trend, session: GivenSession) -> None:
    away = Barred(session.whole, session.settings)
    answer = answer_of(trend("status", "--json", on=away), code=1)
    assert answer["freshness"]["unknown"] == "the database does not answer"
    assert answer["services"]
    assert "cannot be told: the database does not answer" in trend("status", on=away)[1]


def test_a_provider_without_its_key_does_not_hide_how_fresh_rows_are(trend: Trend, session: GivenSession) -> None:
    trend("overview", "add", "BTC-USD")
    keyless = Barred(session.whole, session.settings)
    keyless.error, keyless.also_for_readers = AuthFailed("polygon", "set POLYGON_API_KEY"), False
    assert answer_of(trend("status", "--json", on=keyless), code=1)["freshness"]["unknown"] is None


@pytest.mark.usefixtures("fresh")
def test_the_doctor_notes_what_is_stale_and_that_nobody_is_told(session: GivenSession) -> None:
    found = {one.what: one for one in look_at_minutes(session)}
    assert found["latest prices"].state is State.OK
    assert "alerts.urls" in found["alerts"].detail
    session.whole.clock.advance(timedelta(minutes=10))
    stale = next(one for one in look_at_minutes(session) if one.what == "latest prices")
    assert stale.state is State.NOTE
    assert stale.detail.startswith("1 of 2 stale: BTC-USD")
