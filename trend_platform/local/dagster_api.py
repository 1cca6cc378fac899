"""What the Dagster webserver tells over GraphQL: whether it answers, what it loaded, whether the daemon's heart beats."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from trend_platform.errors import UnavailableError

Json = Mapping[str, object]

_HEALTH = """
query Health {
  workspaceOrError {
    ... on Workspace { locationEntries { name loadStatus locationOrLoadError { ... on PythonError { message } } } }
  }
  instance { daemonHealth { allDaemonStatuses { daemonType required healthy lastHeartbeatTime } } }
}
"""


@dataclass(frozen=True, slots=True)
class Location:
    """A code location as the webserver sees it.

    Attributes:
        name: Its name.
        is_loaded: Whether its definitions can be used.
        fault: Why not, where the webserver knows.
    """

    name: str
    is_loaded: bool
    fault: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The last sign of life of one of the daemon's loops.

    Attributes:
        daemon: Such as `SCHEDULER`.
        is_healthy: What Dagster makes of it.
        beaten_at: When it last came; `None` if never.
    """

    daemon: str
    is_healthy: bool
    beaten_at: datetime | None


@dataclass(frozen=True, slots=True)
class Health:
    """One look at the whole of Dagster.

    Attributes:
        locations: The code locations of the workspace.
        heartbeats: The loops the daemon must run.
    """

    locations: tuple[Location, ...]
    heartbeats: tuple[Heartbeat, ...]

    def beats_since(self, instant: datetime) -> bool:
        """Tell whether every loop of the daemon has shown itself healthy since the instant."""
        beats = self.heartbeats
        return bool(beats) and all(beat.is_healthy and beat.beaten_at and beat.beaten_at >= instant for beat in beats)


@dataclass(frozen=True, slots=True)
class DagsterApi:
    """The GraphQL endpoint of a webserver.

    Attributes:
        url: Of the webserver, without a trailing slash.
    """

    url: str

    def ask(self, query: str, variables: Json | None = None, timeout_seconds: float = 30.0) -> Json:
        """Send one query or mutation and return its `data`.

        Raises:
            UnavailableError: The webserver does not answer, or answers something else than GraphQL data.
        """
        body = {"query": query, "variables": variables or {}}
        try:
            answer = httpx.post(f"{self.url}/graphql", json=body, timeout=timeout_seconds, trust_env=False)
            answer.raise_for_status()
            content = answer.json()
        except httpx.HTTPStatusError as error:
            raise UnavailableError(
                f"the Dagster webserver at {self.url} answers HTTP {error.response.status_code}: "
                "its database or a code location is not there"
            ) from error
        except (httpx.HTTPError, ValueError) as error:
            why = str(error) or type(error).__name__
            raise UnavailableError(f"the Dagster webserver at {self.url} does not answer: {why}") from error
        if content.get("errors") or not isinstance(content.get("data"), dict):
            raise UnavailableError(f"the Dagster webserver at {self.url} refused a question: {content.get('errors')}")
        data: Json = content["data"]
        return data

    def health(self, timeout_seconds: float = 10.0) -> Health:
        """Look at code locations and heartbeats.

        Raises:
            UnavailableError: The webserver does not answer.
        """
        return parse_health(self.ask(_HEALTH, timeout_seconds=timeout_seconds))


def parse_health(data: Json) -> Health:
    """Read the answer to the health query."""
    entries = nodes(data, "workspaceOrError", "locationEntries")
    statuses = nodes(data, "instance", "daemonHealth", "allDaemonStatuses")
    return Health(
        locations=tuple(_location(entry) for entry in entries),
        heartbeats=tuple(_heartbeat(status) for status in statuses if status.get("required")),
    )


def node(data: Json, *path: str) -> Json:
    """Follow names down an answer; a missing or null one ends in an empty object."""
    for name in path:
        found = data.get(name)
        data = found if isinstance(found, dict) else {}
    return data


def nodes(data: Json, *path: str) -> list[Json]:
    """Follow names down an answer to a list of objects; a missing or null one is an empty list."""
    found = node(data, *path[:-1]).get(path[-1])
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _location(entry: Json) -> Location:
    fault = node(entry, "locationOrLoadError").get("message")
    is_loaded = entry.get("loadStatus") == "LOADED" and not fault and bool(entry.get("locationOrLoadError") is not None)
    return Location(str(entry.get("name")), is_loaded, str(fault or ""))


def _heartbeat(status: Json) -> Heartbeat:
    stamp = status.get("lastHeartbeatTime")
    beaten_at = datetime.fromtimestamp(stamp, UTC) if isinstance(stamp, int | float) else None
    return Heartbeat(str(status.get("daemonType")), bool(status.get("healthy")), beaten_at)
