from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.restate import KIND, METRIC, Restatement, restate
from trend_platform.ingest.restated_alarms import LASTS
from trend_platform.ingest.troubles import market_troubles
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.providers.registry import open_provider
from trend_platform.settings import RestateSettings
from trend_platform_tests.ingest.shop import ALL_TIME, HOUR, ROWS, Shop

D1 = Timeframe.D1
CORRECTED = ROWS.replace("AAPL,2026-02-25,12,14,11,13,1200", "AAPL,2026-02-25,12,14,11,12.5,1200")


def at_hand(shop: Shop) -> Workshop:
    shop.clock.advance(HOUR)
    (shop.folder / "book.csv").write_text(f"symbol,opened_at,open,high,low,close,volume\n{shop.rows}")
    workshop = shop.workshop(is_kept=False)
    network = httpx.MockTransport(shop._answer)
    return replace(workshop, providers=(open_provider("polygon", shop.settings, shop.clock, network, workshop.shared),))


def again(shop: Shop, policy: RestateSettings | None = None, *symbols: str) -> Restatement:
    workshop = at_hand(shop)
    return drive(workshop, restate(workshop, policy or RestateSettings(), workshop.select(symbols), [D1]))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    shop.fetch()
    shop.asked.clear()
    return shop


def test_nothing_is_changed_where_the_provider_still_says_the_same(shop: Shop) -> None:
    before = shop.candles()
    (answer,) = again(shop).answers
    assert (answer.provider, answer.compared, answer.changed, answer.share) == ("polygon", 9, 0, 0.0)
    assert shop.candles().equals(before)
    assert shop.asked, "it was asked again, although all of it is stored"


def test_a_corrected_candle_is_stored_and_keeps_its_old_values(shop: Shop) -> None:
    shop.rows = CORRECTED
    (answer,) = again(shop).answers
    assert (answer.changed, answer.repriced, answer.symbols) == (1, 1, ("AAPL",))
    assert answer.largest == pytest.approx(0.5 / 13)
    (revision,) = shop.storage.market.revisions(1, D1, ALL_TIME).to_dicts()
    assert (revision["close"], revision["run_id"]) == (13.0, answer.run_ids[0])
    assert 12.5 in shop.candles()["close"].to_list()
    assert {one.kind for one in shop.storage.runs.of(answer.run_ids)} == {KIND}


def test_a_corrected_volume_changes_a_candle_and_no_price(shop: Shop) -> None:
    shop.rows = ROWS.replace("12,14,11,13,1200", "12,14,11,13,1250")
    (answer,) = again(shop).answers
    assert (answer.changed, answer.repriced, answer.share, answer.is_alarming) == (2, 0, 0.0, False)


def test_only_the_days_of_the_policy_are_asked_again(shop: Shop) -> None:
    shop.rows = CORRECTED
    assert again(shop, RestateSettings(days={"1d": 2})).answers[0].compared == 2
    assert shop.storage.market.revisions(1, D1, ALL_TIME).is_empty()


@pytest.mark.parametrize(
    "policy",
    [RestateSettings(days={"1d": 0}), RestateSettings(providers={"polygon": {"1d": 0}})],
    ids=["1d", "polygon"],
)
def test_a_policy_of_no_days_asks_nobody(shop: Shop, policy: RestateSettings) -> None:
    assert again(shop, policy) == Restatement()
    assert shop.asked == []


def test_what_a_provider_served_that_is_not_at_hand_is_left_alone_and_named(shop: Shop) -> None:
    workshop = shop.workshop()
    done = drive(workshop, restate(workshop, RestateSettings(), workshop.select(()), [D1]))
    assert done == Restatement((), ("polygon",))


def test_a_provider_that_does_not_answer_changes_nothing_and_is_told(shop: Shop) -> None:
    before, shop.is_up = shop.candles(), False
    done = again(shop)
    assert done.has_failures
    assert done.answers[0].compared == 0
    assert shop.candles().equals(before)
    gaps = [gap for ledger in shop.storage.market.ledgers([1, 2], D1).values() for gap in ledger.gaps]
    assert not [gap for gap in gaps if "503" in gap.evidence], "what is stored is no hole"


def test_rows_of_one_provider_are_never_asked_of_another(shop: Shop) -> None:
    shop.rows = ROWS.replace("00\n", "01\n")
    shop.fetch("MSFT", provider="files", refresh=True)
    shop.rows = ROWS.replace(",10,12,9,11,", ",10,12,9,10.5,")
    (answer,) = again(shop).answers
    assert (answer.provider, answer.symbols) == ("polygon", ("AAPL",))
    mine = shop.candles().filter(instrument_id=2)
    assert set(mine["provider"]) == {"files"}
    assert 10.5 not in mine["close"].to_list()


def test_more_changes_than_usual_are_a_trouble_until_the_next_answer_is_good(shop: Shop) -> None:
    shop.rows = ROWS.replace(",11,1000", ",11.5,1000")
    usual = RestateSettings(alert_share=0.2, alert_candles=2)
    (answer,) = again(shop, usual).answers
    assert (answer.repriced, answer.share, answer.is_alarming) == (2, pytest.approx(2 / 9), True)
    (metric,) = shop.storage.metrics.latest(METRIC, 5)
    assert (metric.value, metric.timeframe) == (answer.share, D1)
    troubles = {one.key: one.summary for one in market_troubles(shop.workshop())}
    assert "changed the prices of 2 of 9 final 1d candles (22.2%)" in troubles["restated:polygon:1d"]
    assert "AAPL, MSFT" in troubles["restated:polygon:1d"]
    again(shop, usual)
    assert "restated:polygon:1d" not in {one.key for one in market_troubles(shop.workshop())}


@pytest.mark.parametrize("policy", [{"alert_share": 0.3}, {"alert_share": 0.0, "alert_candles": 3}])
def test_usual_changes_are_no_trouble(shop: Shop, policy: dict[str, float]) -> None:
    shop.rows = ROWS.replace(",11,1000", ",11.5,1000")
    assert not again(shop, RestateSettings.model_validate(policy)).answers[0].is_alarming


def test_an_alarm_ends_by_itself(shop: Shop) -> None:
    shop.rows = ROWS.replace(",11,1000", ",11.5,1000")
    again(shop, RestateSettings(alert_share=0.0, alert_candles=1))
    shop.clock.advance(LASTS + timedelta(seconds=1))
    assert "restated:polygon:1d" not in {one.key for one in market_troubles(shop.workshop())}


def test_asking_twice_changes_nothing_more(shop: Shop) -> None:
    shop.rows = CORRECTED
    again(shop)
    after = shop.candles()
    (answer,) = again(shop).answers
    assert answer.changed == 0
    assert shop.candles().equals(after)
    assert shop.storage.market.revisions(1, D1, ALL_TIME).height == 1


def test_defaults_are_a_week_of_days_and_two_days_of_minutes() -> None:
    usual = RestateSettings(days={"1h": 5}, providers={"yahoo": {"1d": 14}})
    found = [
        usual.days_of(*one) for one in (("polygon", "1d"), ("yahoo", "1d"), ("yahoo", "1m"), ("x", "1h"), ("x", "1w"))
    ]
    assert found == [7, 14, 2, 5, 0]
