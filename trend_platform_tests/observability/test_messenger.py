import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from threading import Thread

import orjson
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr

from trend_platform.observability.messenger import AppriseMessenger

SECRET = "s3cr3t-t0ken"


@dataclass
class Inbox:
    """What a receiver got."""

    status: int = 200
    posts: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    mails: list[Envelope] = field(default_factory=list)
    url: str = ""

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd calls it so
        self.mails.append(envelope)
        return "250 taken"


@contextmanager
def webhook(status: int = 200) -> Iterator[Inbox]:
    inbox = Inbox(status)

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            inbox.posts.append((self.path, orjson.loads(body)))
            self.send_response(inbox.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_request(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        inbox.url = f"json://127.0.0.1:{server.server_port}/{SECRET}"
        yield inbox
        server.shutdown()


@contextmanager
def mailbox() -> Iterator[Inbox]:
    inbox = Inbox()
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    inbox.url = f"mailto://127.0.0.1:{port}?from=trend@example.com&to=you@example.com&mode=insecure&format=text"
    yield inbox
    controller.stop()


def messenger(*urls: str) -> AppriseMessenger:
    return AppriseMessenger([SecretStr(url) for url in urls])


def test_a_webhook_gets_title_and_body() -> None:
    with webhook() as inbox:
        assert messenger(inbox.url).tell("Wrong: stale:latest_prices", "AAPL <b> & more\n\nSince 15:02.") == ()
    ((path, message),) = inbox.posts
    assert (path, message["title"]) == (f"/{SECRET}", "Wrong: stale:latest_prices")
    assert message["message"] == "AAPL <b> & more\n\nSince 15:02."


def test_a_mailbox_gets_a_mail() -> None:
    with mailbox() as inbox:
        assert messenger(inbox.url).tell("Over: quota:polygon", "It lasted 34 minutes.") == ()
    (mail,) = inbox.mails
    assert isinstance(mail.content, bytes)
    message = message_from_bytes(mail.content, policy=default)
    assert (mail.rcpt_tos, message["subject"]) == (["you@example.com"], "Over: quota:polygon")
    assert "It lasted 34 minutes." in message.get_content()


def test_a_channel_that_fails_is_named_and_the_others_get_the_message() -> None:
    with webhook(500) as broken, webhook() as sound:
        names = messenger(broken.url, f"json://127.0.0.1:1/{SECRET}", sound.url).tell("title", "body")
    assert names == ("json (1)", "json (2)")
    assert len(sound.posts) == 1


@pytest.mark.parametrize("url", [SECRET, f"nosuchservice://{SECRET}", f"slack://{SECRET}", ""])
def test_an_address_that_cannot_be_read_is_a_channel_that_fails_and_is_not_shown(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (name,) = messenger(url).tell("title", "body")
    assert SECRET not in name + caplog.text
    assert name in caplog.text


def test_no_address_is_logged_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with webhook() as inbox:
        telling = messenger(inbox.url, f"json://user:{SECRET}@127.0.0.1:1/{SECRET}")
        telling.tell("title", "body")
    assert SECRET not in caplog.text + repr(telling) + "".join(telling.channels)


def test_nobody_to_tell_is_no_failure() -> None:
    assert (messenger().tell("title", "body"), messenger().channels) == ((), ())
