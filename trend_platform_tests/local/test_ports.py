"""A taken port is noticed and said with who has it and what moves ours."""

import socket

import pytest

from trend_platform.errors import UnavailableError
from trend_platform.local import ports


def test_a_taken_port_names_the_process_and_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(UnavailableError) as caught:
            ports.require_free(port, "webserver", "TREND_WEBSERVER_PORT")
    assert f"port {port} for webserver is taken by" in str(caught.value)
    assert "TREND_WEBSERVER_PORT=" in str(caught.value)
    assert "python" in str(caught.value)


def test_a_port_taken_on_all_addresses_is_taken() -> None:
    with socket.create_server(("", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])


def test_a_free_port_is_free_and_not_served() -> None:
    port = ports.pick_free()
    ports.require_free(port, "redis", "TREND_REDIS_PORT")
    assert not ports.is_served(port)


def test_a_listening_port_is_served() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert ports.is_served(server.getsockname()[1])
