"""What the warm workers say of themselves, in words for `trend status`. What does not belong here: starting them."""

import json
import socket

_LIMIT_SECONDS = 2.0
_LONGEST = 4096


def describe(port: int, host: str = "127.0.0.1") -> str:
    """Return what each lane is doing, or why nobody knows."""
    try:
        lanes = json.loads(_ask(host, port))["lanes"]
        return ", ".join(f"{name} {lane['state']} ({lane['runs']} runs)" for name, lane in lanes.items())
    except OSError as error:
        return f"they do not answer on port {port}: {error.strerror or error}"
    except (ValueError, KeyError, TypeError):
        return f"something else answers on port {port}"


def _ask(host: str, port: int) -> bytes:
    with socket.create_connection((host, port), _LIMIT_SECONDS) as line:
        line.settimeout(_LIMIT_SECONDS)
        line.sendall(b"state\n")
        answer = b""
        while not answer.endswith(b"\n") and len(answer) < _LONGEST:
            piece = line.recv(_LONGEST)
            if not piece:
                break
            answer += piece
        return answer
