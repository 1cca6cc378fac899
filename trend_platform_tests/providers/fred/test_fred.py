"""FRED: which calls make a series, what its answers mean, and its shadow without a key."""

from datetime import date

import pytest
from pydantic import SecretStr

from trend_platform.domain.economy import FOREVER
from trend_platform.errors import AuthFailed, Blocked, Malformed, NothingThere, ProviderError, RateLimited, Transient
from trend_platform.providers.fred.classing import TooManyVintages, classify, classify_graph
from trend_platform.providers.fred.source import open_fred, open_fred_graphs
from trend_platform.providers.sources import EconomicAnswer
from trend_platform.settings import FredSettings
from trend_platform_tests.providers.source_network import KEY, NOW, Reply, Told, answer, clock

SETTINGS = FredSettings(api_key=SecretStr(KEY), max_attempts=1)
ABOUT = {"seriess": [{"id": "GDP", "title": "Gross Domestic Product", "units": "Billions", "frequency_short": "Q"}]}
RELEASE = {"releases": [{"id": 53, "name": "Gross Domestic Product"}]}
DAYS = {"release_dates": [{"date": "2026-12-22"}, {"date": "2026-11-25"}, {"date": "2026-10-29"}]}


def row(on: str, start: str, end: str, value: str) -> dict[str, str]:
    return {"date": on, "realtime_start": start, "realtime_end": end, "value": value}


def page(*rows: dict[str, str], count: int | None = None) -> Reply:
    return 200, {"count": len(rows) if count is None else count, "observations": list(rows)}


ROWS = (
    row("2026-04-01", "2026-07-30", "2026-08-26", "30100.5"),
    row("2026-04-01", "2026-08-27", "9999-12-31", "30101.5"),
    row("2026-07-01", "2026-10-29", "9999-12-31", "."),
)


def told(observations: Reply | list[Reply], **others: Reply) -> Told:
    paths = {"/series/release": (200, RELEASE), "/release/dates": (200, DAYS), "/series": (200, ABOUT)}
    named = {f"/{name.replace('_', '/')}": reply for name, reply in others.items()}
    return Told({"/series/observations": observations, **paths, **named})


async def fetch(network: Told, series: str = "GDP") -> EconomicAnswer:
    source = open_fred(SETTINGS, clock(), network)
    try:
        return await source.series(series)
    finally:
        await source.close()


async def test_a_series_comes_with_every_vintage_and_the_days_of_its_release() -> None:
    network = told(page(*ROWS))
    found = await fetch(network)
    assert found.observations.select("realtime_start", "realtime_end", "value").rows() == [
        (date(2026, 7, 30), date(2026, 8, 26), 30100.5),
        (date(2026, 8, 27), FOREVER, 30101.5),
        (date(2026, 10, 29), FOREVER, None),
    ]
    assert (found.about.title, found.about.frequency, found.about.release) == (
        "Gross Domestic Product",
        "Q",
        "Gross Domestic Product",
    )
    assert found.about.release_days == (date(2026, 10, 29), date(2026, 11, 25), date(2026, 12, 22))
    assert found.calls == len(network.requests) == 4
    (params,) = network.params("/series/observations")
    assert (params["realtime_start"], params["realtime_end"]) == ("1776-07-04", "9999-12-31")
    assert {one["api_key"] for path in ("/series", "/release/dates") for one in network.params(path)} == {KEY}


async def test_pages_are_read_to_the_end() -> None:
    network = told([page(*ROWS[:2], count=3), page(ROWS[2], count=3)])
    assert (await fetch(network)).observations.height == 3
    assert [one["offset"] for one in network.params("/series/observations")] == ["0", "2"]


async def test_an_answer_that_ends_before_its_count_is_no_answer() -> None:
    with pytest.raises(Malformed, match="told 3 observations of GDP and gave 2") as failed:
        await fetch(told([page(*ROWS[:2], count=3), page(count=3)]))
    assert failed.value.calls == 5


async def test_a_stretch_with_too_many_vintages_is_asked_in_halves_and_joined() -> None:
    refused = (400, {"error_code": 400, "error_message": "Bad Request. The number of vintage dates exceeds 2000."})
    halves = [
        page(row("2026-04-01", "2026-07-30", "2026-08-20", "1")),
        page(row("2026-04-01", "2026-08-21", "9999-12-31", "1")),
    ]
    network = told([refused, *halves])
    found = await fetch(network)
    assert found.observations.select("realtime_start", "realtime_end").rows() == [(date(2026, 7, 30), FOREVER)]
    first, second = network.params("/series/observations")[1:]
    assert (first["realtime_start"], second["realtime_end"]) == ("1776-07-04", "9999-12-31")
    assert (
        date.fromisoformat(second["realtime_start"]).toordinal()
        == date.fromisoformat(first["realtime_end"]).toordinal() + 1
    )
    assert found.calls == len(network.requests)


async def test_without_a_calendar_the_series_is_still_good() -> None:
    broken = (500, {"error_code": 500, "error_message": "Internal Server Error"})
    for network in (told(page(*ROWS), series_release=broken), told(page(*ROWS), release_dates=broken)):
        found = await fetch(network)
        assert (found.about.release_days, found.observations.height) == ((), 3)
        assert found.calls == len(network.requests)
    assert (await fetch(told(page(*ROWS), series_release=(200, {"releases": []})))).about.release == ""


async def test_a_failure_counts_the_calls_before_it() -> None:
    with pytest.raises(NothingThere) as failed:
        await fetch(told((400, {"error_code": 400, "error_message": "Bad Request. The series does not exist."})))
    assert failed.value.calls == 4


def test_without_a_key_there_is_no_source_with_vintages() -> None:
    with pytest.raises(AuthFailed, match="FRED_API_KEY"):
        open_fred(FredSettings(), clock())


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "Bad Request. The value for variable api_key is not registered.", AuthFailed),
        (400, "Bad Request. Variable api_key is not set.", AuthFailed),
        (400, "Bad Request. The series does not exist.", NothingThere),
        (400, "Bad Request. There are too many vintage dates in the realtime period.", TooManyVintages),
        (400, "Bad Request. Value of sort_order is not one of: 'asc', 'desc'.", Malformed),
        (429, "Too Many Requests. Exceeded Rate Limit", RateLimited),
        (200, "Bad Request. The series does not exist.", NothingThere),
        (503, "Service Unavailable", Transient),
    ],
)
def test_only_the_words_tell_refusals_apart(status: int, message: str, kind: type[ProviderError]) -> None:
    found = classify(answer(status, {"error_code": status, "error_message": message}))
    assert type(found) is kind
    assert found is not None
    assert KEY not in str(found)


def test_a_web_page_is_no_answer() -> None:
    assert isinstance(classify(answer(200, "<!DOCTYPE html><html>maintenance</html>")), Blocked)
    assert classify(answer(200, {"observations": []})) is None


async def graph(body: str, status: int = 200) -> EconomicAnswer:
    source = open_fred_graphs(FredSettings(max_attempts=1), clock(), Told({"/fredgraph.csv": (status, body)}))
    try:
        return await source.series("GDP")
    finally:
        await source.close()


@pytest.mark.parametrize("head", ["observation_date", "DATE", '"Date"', "\ufeffobservation_date"])
async def test_the_file_behind_a_graph_tells_what_is_believed_today(head: str) -> None:
    found = await graph(f"{head},GDP\n2026-04-01,30101.5\n2026-07-01,.\n2026-10-01,\n")
    assert found.observations.select("provider", "observed_on", "realtime_start", "realtime_end", "value").rows() == [
        ("fredgraph", date(2026, 4, 1), NOW.date(), FOREVER, 30101.5),
        ("fredgraph", date(2026, 7, 1), NOW.date(), FOREVER, None),
        ("fredgraph", date(2026, 10, 1), NOW.date(), FOREVER, None),
    ]
    assert (found.about.provider, found.about.release_days, found.calls) == ("fredgraph", (), 1)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ("<!DOCTYPE html><title>Error - St. Louis Fed</title>", 404, NothingThere),
        ("<!DOCTYPE html><title>Access Denied</title>", 200, Blocked),
        ("observation_date,UNRATE\n2026-04-01,4.2\n", 200, Malformed),
        ("observation_date,GDP\n2026-04-01,many\n", 200, Malformed),
        ("observation_date,GDP\nyesterday,1\n", 200, Malformed),
        ("series,GDP\n", 200, Malformed),
        ("try later", 503, Transient),
    ],
)
async def test_anything_else_behind_a_graph_is_refused(body: str, status: int, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        await graph(body, status)


def test_an_empty_file_is_no_success() -> None:
    assert classify_graph(answer(200, "")) is not None
