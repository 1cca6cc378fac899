"""`trend sources`, and what `trend doctor` says of providers: who is asked, what is left, how they served, whether keys are taken."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pydantic import SecretStr

from trend_platform.cli.findings import State
from trend_platform.cli.look_at_providers import look_at_providers
from trend_platform.domain.breakers import Trip
from trend_platform.domain.capability import Capability
from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.scores import Score, ScoreKey, latency_counts
from trend_platform.providers.registry import known_providers
from trend_platform.settings import (
    FinnhubSettings,
    FredSettings,
    NewsApiSettings,
    PolygonSettings,
    ProvidersSettings,
    Settings,
    SourcesSettings,
    TiingoSettings,
    XSettings,
)
from trend_platform.storage.base import PriceKind
from trend_platform_tests.cli.conftest import NOW, Answer, Trend, answer_of, real_session, simulated_session
from trend_platform_tests.cli.sessions import GivenSession

KEY = "k3y-that-nobody-may-see"


class Wire(ThreadingHTTPServer):
    """Polygon's address on loopback: takes the key or refuses it, and counts who asks."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.status, self.asked = 200, 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    server: Wire

    def do_GET(self) -> None:
        self.server.asked += 1
        refused = b'{"status":"ERROR","request_id":"r","error":"Unknown API Key"}'
        body = b'{"status":"OK","request_id":"r","count":0,"tickers":[]}' if self.server.status == 200 else refused
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def session(wire: Wire) -> GivenSession:
    session = real_session()
    polygon = PolygonSettings(api_key=SecretStr(KEY), base_url=wire.url, max_attempts=1)
    session.settings = Settings(providers=ProvidersSettings(order=("polygon", "coinbase"), polygon=polygon))
    return session


@pytest.fixture
def answers(trend: Trend) -> Callable[..., Answer]:
    return lambda *arguments: answer_of(trend(*arguments, "--json"))


def of(answer: Answer, name: str) -> Answer:
    (found,) = (one for one in answer["providers"] if one["provider"] == name)
    return found


def test_every_provider_is_listed_those_that_are_asked_first(answers):
    found = answers("sources")
    names = [one["provider"] for one in found["providers"]]
    assert (names[:2], sorted(names)) == (["polygon", "coinbase"], sorted(known_providers()))
    assert [one["asked"] for one in found["providers"]].count(True) == 2


def test_it_says_why_one_is_not_asked_and_never_a_key(trend):
    code, shown, _ = trend("sources")
    assert (code, KEY in shown) == (0, False)
    assert "lacks TIINGO_API_KEY" in shown
    assert "lacks TREND_PROVIDERS__FILES__PATH" in shown
    assert "not in the order" in shown
    assert "asked only if TREND_PROVIDERS names it" in shown
    assert "Nothing was asked of any of them yet" in shown


def test_capabilities_and_quotas_are_told(answers):
    polygon = of(answers("sources", "Massive"), "polygon")
    assert {"daily_history", "latest", "splits"} <= set(polygon["capabilities"])
    assert (polygon["key"]["state"], polygon["basis"]) == ("present", "raw")
    assert [(one["left"], one["of"], one["seconds"]) for one in polygon["quota_left"]] == [(5.0, 5.0, 60.0)]


def test_a_closed_one_is_known_by_name(trend):
    code, _, told = trend("sources", "iex")
    assert (code, "IEX Cloud shut down" in told, "use tiingo or alpaca" in told) == (2, True, True)


def test_where_prices_are_simulated_that_is_why_nobody_else_is_asked(trend):
    simulated = simulated_session()
    found = answer_of(trend("sources", "--json", on=simulated))
    whys = {one["provider"]: one["why_not"] for one in found["providers"]}
    assert (whys["simulated"], {why for name, why in whys.items() if name != "simulated"}) == (
        "",
        {"prices are simulated"},
    )
    assert {
        one["why_not"] for one in found["sources"] if one["enabled"] and one["source"] in {"gdelt", "yahoo_rss"}
    } == {"prices are simulated"}


def sources_at(wire: Wire, session: GivenSession, **more: object) -> None:
    key = SecretStr(KEY)
    sources = SourcesSettings(
        fred=FredSettings(api_key=key, base_url=wire.url, max_attempts=1),
        newsapi=NewsApiSettings(api_key=key, base_url=wire.url, max_attempts=1),
        x=XSettings(enabled=True, api_key=key, base_url=wire.url),
    )
    finnhub = FinnhubSettings(api_key=key, base_url=wire.url, max_attempts=1)
    session.settings = Settings(providers=ProvidersSettings(order=("coinbase",), finnhub=finnhub), sources=sources)


def test_sources_of_other_readings_are_listed_and_can_be_named(answers, trend):
    found = answers("sources", "fred", "gdelt")
    assert found["providers"] == []
    assert [(one["source"], one["asked"], one["key"]["state"], one["why_not"]) for one in found["sources"]] == [
        ("fred", False, "missing", "lacks FRED_API_KEY"),
        ("fredgraph", True, "not_needed", ""),
        ("gdelt", True, "not_needed", ""),
    ]
    _, shown, _ = trend("sources")
    assert ("Sources of other readings" in shown, "lacks NEWS_API_KEY" in shown) == (True, True)


def test_keys_of_sources_are_checked_by_one_call_each_and_those_without_a_key_are_not_asked(answers, session, wire):
    sources_at(wire, session)
    found = answers("sources", "fred", "newsapi", "x", "gdelt", "--check")
    states = {one["source"]: one["key"]["state"] for one in found["sources"]}
    assert (states, wire.asked) == (
        {"fred": "valid", "fredgraph": "not_needed", "newsapi": "valid", "x": "valid", "gdelt": "not_needed"},
        3,
    )


def test_a_refused_key_of_a_source_has_a_line_of_its_own(trend, session, wire):
    sources_at(wire, session)
    wire.status = 401
    _, shown, _ = trend("sources", "newsapi", "--check")
    assert "newsapi (news), key refused: " in shown
    assert KEY not in shown


def test_doctor_checks_the_keys_of_sources_too(session, wire):
    sources_at(wire, session)
    wire.status = 401
    found = {one.what: one.state for one in look_at_providers(session, PriceKind.REAL, check=True)}
    told = ("key of fred (economic)", "key of finnhub (news)", "key of newsapi (news)", "key of x (social)")
    assert [found.get(what) for what in told] == [State.BROKEN] * 4


def test_doctor_says_that_x_is_enabled_and_not_asked(session):
    session.settings = Settings(
        providers=ProvidersSettings(order=("coinbase",)), sources=SourcesSettings(x=XSettings(enabled=True))
    )
    (found,) = look_at_providers(session, PriceKind.REAL, check=False)
    assert (found.what, "TWITTER_BEARER_TOKEN" in found.detail) == ("source x", True)


def test_what_is_wrong_with_a_key_has_a_line_of_its_own(trend, wire):
    wire.status = 401
    _, shown, _ = trend("sources", "polygon", "--check")
    (line,) = (one for one in shown.splitlines() if one.startswith("polygon, key refused: "))
    assert "Unknown API Key" in line


def test_how_they_served_is_shown(trend, answers, session):
    seen = Score(
        asked=10.0,
        failed=1.0,
        attempts=20.0,
        limited=2.0,
        latencies=latency_counts([0.1] * 19 + [2.0]),
        last_error="Transient: polygon: answered 503",
        failed_at=NOW,
    )
    key = ScoreKey("polygon", Capability.DAILY, AssetClass.STOCK)
    session.whole.storage.scores.add({key: seen}, NOW, session.whole.policy.half_life)
    (score,) = of(answers("sources"), "polygon")["scores"]
    assert (score["success_rate"], score["limited_rate"], score["missing_rate"]) == (0.9, 0.1, None)
    assert score["p50_seconds"] == pytest.approx(0.1, rel=0.13)
    _, shown, _ = trend("sources")
    assert [words in shown for words in ("90.0 %", "10.0 %", "Transient: polygon: answered 503")] == [True] * 3


def test_who_is_left_alone_is_shown(trend, answers, session):
    trip = Trip(NOW + timedelta(seconds=30), 1, passes=True, reason="5 failures in a row, the last one: answered 503")
    session.whole.breakers.trips.open("polygon", Capability.DAILY, trip)
    assert of(answers("sources"), "polygon")["left_alone"][0]["capability"] == "daily_history"
    _, shown, _ = trend("sources")
    assert "polygon is left alone for daily_history until 2026-03-04 22:30:30 UTC" in shown


def test_without_being_told_to_nobody_is_asked(answers, wire):
    answers("sources")
    assert wire.asked == 0


def test_a_key_that_is_taken_is_valid_and_ends_being_left_alone(answers, session, wire):
    trip = Trip(NOW + timedelta(hours=1), 3, passes=False, reason="unknown key")
    session.whole.breakers.trips.open("polygon", Capability.LATEST, trip)
    polygon = of(answers("sources", "polygon", "--check"), "polygon")
    assert (polygon["key"]["state"], polygon["left_alone"], wire.asked) == ("valid", [], 1)


def test_a_key_that_is_refused_is_said_to_be(answers, wire):
    wire.status = 401
    polygon = of(answers("sources", "polygon", "--check"), "polygon")
    assert polygon["key"]["state"] == "refused"
    assert KEY not in str(polygon)


def test_one_that_is_not_ready_is_not_asked(answers, session, wire):
    session.settings = Settings(providers=ProvidersSettings(tiingo=TiingoSettings(enabled=False)))
    tiingo = of(answers("sources", "tiingo", "--check"), "tiingo")
    assert (tiingo["enabled"], tiingo["why_not"], tiingo["key"]["state"], wire.asked) == (
        False,
        "not enabled",
        "missing",
        0,
    )


def test_doctor_tells_who_is_left_alone_and_asks_for_keys_only_if_told_to(trend, session, wire):
    session.settings = session.settings.model_copy(
        update={"providers": session.settings.providers.model_copy(update={"order": ("polygon",)})}
    )
    trip = Trip(NOW + timedelta(hours=1), 3, passes=True, reason="answered 503")
    session.whole.breakers.trips.open("polygon", Capability.LATEST, trip)
    found = [*look_at_providers(session, PriceKind.REAL, check=False)]
    assert [(one.what, one.state) for one in found] == [("provider polygon", State.NOTE)]
    assert wire.asked == 0
    assert [one.what for one in look_at_providers(session, PriceKind.REAL, check=True)] == ["key of polygon"]
    wire.status = 401
    (refused,) = look_at_providers(session, PriceKind.REAL, check=True)
    assert (refused.state, KEY in refused.detail) == (State.BROKEN, False)
