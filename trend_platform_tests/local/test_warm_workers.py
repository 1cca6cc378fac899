"""What `trend status` makes of the warm workers' answer, and of having none."""

import socket
import threading

from trend_platform.local import ports, warm_workers


def served(answer: bytes) -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            line, _ = listener.accept()
            with line:
                assert line.recv(100) == b"state\n"
                line.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        found = warm_workers.describe(listener.getsockname()[1])
        thread.join()
        return found


def test_each_lane_is_named_with_what_it_does() -> None:
    answer = b'{"lanes": {"minute": {"state": "running", "runs": 3}, "hourly": {"state": "idle", "runs": 0}}}\n'
    assert served(answer) == "minute running (3 runs), hourly idle (0 runs)"


def test_a_stranger_on_the_port_is_told_apart() -> None:
    assert served(b"HTTP/1.1 400 Bad Request\n").startswith("something else answers on port")


def test_nobody_there_is_said() -> None:
    assert "do not answer" in warm_workers.describe(ports.pick_free())
