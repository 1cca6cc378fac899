"""What the webserver answers becomes values; refusals and lost connections become messages."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from trend_platform.errors import UnavailableError
from trend_platform.local import ports
from trend_platform.local.dagster_api import DagsterApi, Json, parse_health
from trend_platform.local.dagster_run import Launch, Progress, launch, watch

BEAT = datetime(2026, 3, 4, 12, tzinfo=UTC)


@contextmanager
def webserver(answer: Callable[[Json], Json]) -> Iterator[DagsterApi]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(answer(asked)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield DagsterApi(f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()


def look(status: str, materializations: int, events: list[Json], *, has_more: bool = False) -> Json:
    run = {"status": status, "stats": {"materializations": materializations}}
    return {"data": {"runOrError": run, "logsForRun": {"cursor": "c", "hasMore": has_more, "events": events}}}


def test_a_stretch_of_partitions_is_launched_as_one_run() -> None:
    asked: list[Json] = []

    def answer(question: Json) -> Json:
        asked.append(question)
        return {"data": {"launchRun": {"__typename": "LaunchRunSuccess", "run": {"runId": "r1"}}}}

    with webserver(answer) as api:
        assert launch(api, Launch("daily_history", first_partition="7D", last_partition="1Y")) == "r1"
    text = json.dumps(asked[0]["variables"])
    assert '{"key": "dagster/asset_partition_range_start", "value": "7D"}' in text
    assert '{"key": "dagster/asset_partition_range_end", "value": "1Y"}' in text


def test_a_refused_launch_says_why() -> None:
    refusal = {"__typename": "RunConfigValidationInvalid", "errors": [{"message": "no such field: symbls"}]}
    with (
        webserver(lambda _: {"data": {"launchRun": refusal}}) as api,
        pytest.raises(UnavailableError, match="no such field: symbls"),
    ):
        launch(api, Launch("daily_history"))


def test_a_run_is_followed_to_its_end_and_the_root_of_a_failure_is_told() -> None:
    chain = [{"error": {"message": "op failed"}}, {"error": {"message": "RuntimeError: no candles\n"}}]
    failure = {"message": "step failed", "error": {"message": "op failed", "errorChain": chain}}
    looks = iter([look("STARTED", 3, [{"message": "one"}], has_more=True), look("FAILURE", 4, [failure])])
    seen: list[Progress] = []
    with webserver(lambda _: next(looks)) as api:
        result = watch(api, "r1", seen.append, limit_seconds=10)
    assert [(each.status, each.materializations, each.message) for each in seen] == [
        ("STARTED", 3, "one"),
        ("FAILURE", 4, "step failed"),
    ]
    assert (result.status, result.fault) == ("FAILURE", "RuntimeError: no candles")
    assert result.url.endswith("/runs/r1")


def test_a_run_that_takes_too_long_is_left_running_and_its_page_named() -> None:
    with (
        webserver(lambda _: look("STARTED", 0, [])) as api,
        pytest.raises(UnavailableError, match=r"still STARTED .* it goes on: http"),
    ):
        watch(api, "r1", print, limit_seconds=-1)


def test_a_webserver_that_is_not_there_is_said() -> None:
    with pytest.raises(UnavailableError, match="does not answer"):
        DagsterApi(f"http://127.0.0.1:{ports.pick_free()}").health()


def test_a_heartbeat_older_than_the_process_does_not_count() -> None:
    status = {"daemonType": "SCHEDULER", "required": True, "healthy": True, "lastHeartbeatTime": BEAT.timestamp()}
    health = parse_health({"instance": {"daemonHealth": {"allDaemonStatuses": [status]}}})
    assert health.beats_since(BEAT)
    assert not health.beats_since(BEAT + timedelta(seconds=1))
    assert not parse_health({}).beats_since(BEAT)


def test_a_location_that_failed_to_load_carries_its_fault() -> None:
    entry = {"name": "etl", "loadStatus": "LOADED", "locationOrLoadError": {"message": "ImportError: x"}}
    well = {"name": "realtime", "loadStatus": "LOADED", "locationOrLoadError": {}}
    health = parse_health({"workspaceOrError": {"locationEntries": [entry, well]}})
    assert [(each.is_loaded, each.fault) for each in health.locations] == [(False, "ImportError: x"), (True, "")]
