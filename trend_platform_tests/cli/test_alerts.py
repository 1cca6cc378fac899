"""What was wrong is listed, and a test message reaches a channel, here a webhook on loopback."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pydantic import SecretStr

from trend_platform.cli.alerts import TITLE
from trend_platform.settings import AlertSettings, Settings
from trend_platform.storage.realtime import Incident
from trend_platform_tests.cli.conftest import NOW, Trend, answer_of
from trend_platform_tests.cli.sessions import GivenSession

SECRET = "t0ken"


class Webhook(ThreadingHTTPServer):
    """A receiver that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.told: list[dict[str, object]] = []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Webhook)
        self.server.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def telling(session: GivenSession, *urls: str) -> GivenSession:
    return replace(session, settings=Settings(alerts=AlertSettings(urls=tuple(SecretStr(url) for url in urls))))


def test_a_test_message_arrives_at_every_channel(trend: Trend, session: GivenSession, webhook: Webhook) -> None:
    url = f"json://127.0.0.1:{webhook.server_port}/{SECRET}"
    code, out, err = trend("alerts", "test", on=telling(session, url, url))
    assert code == 0
    assert "2 channels took the message" in out
    assert [told["title"] for told in webhook.told] == [TITLE, TITLE]
    assert SECRET not in out + err


def test_a_channel_that_does_not_take_it_is_named_without_its_address(
    trend: Trend, session: GivenSession, webhook: Webhook
) -> None:
    dead, alive = f"json://127.0.0.1:9/{SECRET}", f"json://127.0.0.1:{webhook.server_port}/"
    code, out, err = trend("alerts", "test", on=telling(session, dead, alive))
    assert code == 1
    assert "1 channel of 2 did not take the message: json (1)." in out
    assert SECRET not in out + err
    assert "127.0.0.1" not in out + err
    assert len(webhook.told) == 1
    assert answer_of(trend("alerts", "test", "--json", on=telling(session, dead)), code=1) == {
        "channels": 1, "failed": ["json (1)"]
    }  # fmt: skip


def test_without_a_channel_a_test_says_where_to_name_one(trend: Trend) -> None:
    code, _, err = trend("alerts", "test")
    assert code == 2
    assert "TREND_ALERTS__URLS" in err


def test_nothing_wrong_so_far_and_nobody_told_are_both_said(trend: Trend) -> None:
    code, out, _ = trend("alerts", "list")
    assert code == 0
    assert "Nothing has been wrong so far." in out
    assert "Nobody is told of incidents" in out


def test_incidents_are_listed_newest_first_with_how_long_they_lasted(trend: Trend, session: GivenSession) -> None:
    over = Incident("stale:latest_price", "AAPL is stale", NOW - timedelta(hours=3), NOW, NOW - timedelta(hours=1), NOW)
    open_ = Incident("run_failed:daily_history", "it failed", NOW - timedelta(minutes=5), NOW)
    session.whole.storage.incidents.save([over, open_])
    answer = answer_of(trend("alerts", "list", "--json"))
    assert [one["key"] for one in answer["incidents"]] == ["run_failed:daily_history", "stale:latest_price"]
    assert answer["incidents"][0]["told_at"] is answer["incidents"][0]["closed_at"] is None
    assert answer["channels"] == 0
    _, out, _ = trend("alerts", "list")
    first, second = (line for line in out.splitlines() if "stale:" in line or "run_failed:" in line)
    assert "5 min 0 s" in first
    assert "2 h 0 min" in second
    assert "1 incident is open." in out
    assert len(answer_of(trend("alerts", "list", "--limit", "1", "--json"))["incidents"]) == 1
