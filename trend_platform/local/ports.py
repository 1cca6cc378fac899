"""Whether a TCP port of this machine is free, and who has it if not."""

import socket
from contextlib import suppress

import psutil

from trend_platform.errors import UnavailableError


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections that just ended must not count as a taken port; a listener still does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def is_served(port: int) -> bool:
    """Tell whether something accepts connections on the port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def pick_free() -> int:
    """Return a port that was free a moment ago, chosen by the operating system."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_free(port: int, service: str, setting: str) -> None:
    """Refuse a taken port, naming who has it and the setting that moves ours.

    Raises:
        UnavailableError: Something listens there already.
    """
    if is_free(port):
        return
    raise UnavailableError(
        f"port {port} for {service} is taken by {holder(port)}: stop that process, "
        f"or choose another port with {setting}, for example {setting}={_suggest(port)}"
    )


def holder(port: int) -> str:
    """Describe the process that listens on the port, as far as this user may know."""
    unknown = "a process of another user"
    with suppress(psutil.AccessDenied):
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                return _describe(connection.pid) if connection.pid else unknown
    return unknown


def _describe(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        return f"{process.name()} (process {pid}, user {process.username()})"
    except psutil.Error:
        return f"process {pid}"


def _suggest(port: int) -> int:
    return next((other for other in range(port + 1, min(port + 100, 65535)) if is_free(other)), port + 1)
