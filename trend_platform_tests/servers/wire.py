"""HTTP on a loopback socket for the test servers: lean enough to be no bottleneck, with planned faults. No provider's shape lives here."""

import argparse
import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from trend_platform_tests.servers.wire_faults import FaultPlan, WireFault

_REASONS = {200: "OK", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error"}
_END_OF_HEAD = b"\r\n\r\n"
_AUTHORIZATION = b"authorization:"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, before it is bytes on the wire."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


AskBook = Callable[[str, str], Reply]
"""Answers a request, by its path with the query and its `Authorization`."""


class WireProtocol(asyncio.Protocol):
    """One keep-alive connection; requests on it are answered in their order.

    Args:
        ask: Answers what no fault strikes.
        faults: Which requests fail, and how.
        refusals: How the provider refuses, by fault.
    """

    def __init__(self, ask: AskBook, faults: FaultPlan, refusals: Mapping[WireFault, Reply]) -> None:
        self._ask, self._faults, self._refusals = ask, faults, refusals
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(_END_OF_HEAD)) >= 0:
            head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        assert self._transport is not None
        line, *headers = head.split(b"\r\n")
        target = line.split(b" ")[1].decode()
        told = (value for value in headers if value[: len(_AUTHORIZATION)].lower() == _AUTHORIZATION)
        authorization = next(told, b"")[len(_AUTHORIZATION) :].strip().decode()
        fault = self._faults.strike(target)
        if fault is WireFault.TIMEOUT:
            return  # the client is left waiting
        if fault in self._refusals:
            self._transport.write(_bytes(self._refusals[fault]))
            return
        whole = _bytes(self._ask(target, authorization))
        if fault is None:
            self._transport.write(whole)
            return
        self._transport.write(whole[: len(whole) - max(1, (len(whole) - whole.find(_END_OF_HEAD)) // 2)])
        self._transport.close()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let a server's command line choose its port and its faults."""
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--fail-share", type=float, default=0.0)
    parser.add_argument("--fail-kinds", default=",".join(WireFault))
    parser.add_argument("--seed", type=int, default=0)


async def serve_forever(ask: AskBook, refusals: Mapping[WireFault, Reply], arguments: argparse.Namespace) -> None:
    """Listen on loopback, print `listening on PORT`, and answer until the process ends."""
    kinds = tuple(WireFault(kind) for kind in arguments.fail_kinds.split(","))
    faults = FaultPlan(arguments.fail_share, arguments.seed, kinds)
    server = await asyncio.get_running_loop().create_server(
        lambda: WireProtocol(ask, faults, refusals), "127.0.0.1", arguments.port
    )
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


def _bytes(reply: Reply) -> bytes:
    extra = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
    head = (
        f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Other')}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(reply.body)}\r\n{extra}\r\n"
    )
    return head.encode() + reply.body
