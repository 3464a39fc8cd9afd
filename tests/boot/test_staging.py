"""The stage of the demo, where something is in its way."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from orderline.boot import staging
from orderline.cli.ports import Failure


class _Well(BaseHTTPRequestHandler):
    """Answers as if it was Orderline."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status":"ok"}')

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def other() -> Iterator[int]:
    """The port of another server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Well) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def test_a_port_that_something_listens_at_is_not_taken(other: int, tmp_path: Path) -> None:
    with pytest.raises(Failure, match=f"Something listens at port {other} already"):  # noqa: SIM117
        with staging.staged(data_dir=tmp_path / "day", port=other, speed=1, seed=1):
            pass


@pytest.mark.slow
def test_another_server_that_has_taken_the_port_meanwhile_is_told_of(
    other: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [False, True]  # it was free when that was asked before anything was started
    monkeypatch.setattr(staging, "_is_free", lambda port: answers.pop())
    with pytest.raises(Failure, match=f"Another server has taken port {other}") as failed:  # noqa: SIM117
        with staging.staged(data_dir=tmp_path / "day", port=other, speed=1, seed=1):
            pass
    assert "--port" in failed.value.todo
    assert not (tmp_path / "day" / "data" / staging.KEY_FILE).exists()
