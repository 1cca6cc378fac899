"""What `ping` says of a server that is well, and of each way in which one is not."""

import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from trend_platform.errors import ConfigurationError, UnavailableError
from trend_platform.storage.redis.connection import ping


@pytest.fixture
def web_port() -> Iterator[int]:
    """A port where something else than Redis answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def answer() -> None:
            for _ in range(3):
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1000)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def said_of(url: str) -> str:
    with pytest.raises(UnavailableError) as caught:
        ping(SecretStr(url))
    return str(caught.value)


def test_a_server_that_is_well_tells_what_it_is(redis_url: str) -> None:
    assert ping(SecretStr(redis_url)).startswith(("Valkey ", "Redis "))


def test_a_closed_port_is_named_with_the_remedy() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    message = said_of(f"redis://:hidden@127.0.0.1:{port}/3")
    assert f"127.0.0.1:{port}/3 is not reachable (ConnectionRefusedError)" in message
    assert "trend up" in message
    assert "hidden" not in message


def test_an_unknown_host_is_called_that() -> None:
    assert "no such host" in said_of("redis://nowhere.invalid:6379/0")


def test_a_wrong_password_is_called_a_refused_login_and_not_shown(redis_url: str) -> None:
    at = urlsplit(redis_url)
    message = said_of(f"redis://nobody:hidden@{at.hostname}:{at.port}/0")
    assert "refuses the login" in message
    assert "hidden" not in message


def test_a_database_number_out_of_range_is_named(redis_url: str) -> None:
    at = urlsplit(redis_url)
    message = said_of(at._replace(path="/9999").geturl())
    assert "check the database number" in message


def test_something_that_is_not_redis_is_recognised(web_port: int) -> None:
    assert "is not Redis" in said_of(f"redis://127.0.0.1:{web_port}/0")


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost", "redis://:hidden@host:port/0"])
def test_a_url_of_another_kind_is_a_setting_to_fix(url: str) -> None:
    with pytest.raises(ConfigurationError, match="expected redis://") as caught:
        ping(SecretStr(url))
    assert "hidden" not in str(caught.value)
