#!/usr/bin/env python
"""Health checks of containers for which Dagster has none: `health.py webserver PORT`, `health.py runs PORT`.

Exit code 0 is healthy. They run every half minute, so they import as little as possible. What does not belong here:
repairing anything.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection

from trend_platform.orchestration.launching.line import WorkerLine

_PATIENCE_SECONDS = 5.0


def webserver(port: int) -> bool:
    """Tell whether the webserver on this port serves."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
    connection.request("GET", "/server_info")
    return connection.getresponse().status == 200


def runs(port: int) -> bool:
    """Tell whether every lane has a worker that has started."""
    answer = json.loads(WorkerLine("127.0.0.1", port, _PATIENCE_SECONDS).state())
    return not {lane["state"] for lane in answer["lanes"].values()} & {"gone", "starting"}


CHECKS: Mapping[str, Callable[[int], bool]] = {"webserver": webserver, "runs": runs}


def main(arguments: Sequence[str]) -> int:
    """Check what the arguments name and return the exit code; a server that does not answer ends in a traceback."""
    what, port = arguments
    return 0 if CHECKS[what](int(port)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
