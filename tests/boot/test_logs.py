"""Logs: one JSON object per line, with what it is about; or text for a person."""

import json
import logging
from collections.abc import Iterator

import pytest

from orderline.boot.logs import JsonLines, TextLines, set_up_logs


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, put back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:], root.level = handlers, level


def record(**extra: str) -> logging.LogRecord:
    made = logging.makeLogRecord(
        {"name": "orderline.engine", "levelname": "ERROR", "msg": "a %s failed", "args": ("x",)}
    )
    made.__dict__.update(extra)
    return made


def test_a_line_is_json_and_carries_the_order() -> None:
    told = json.loads(JsonLines().format(record(order="0189")))
    assert (told["level"], told["message"], told["order"], told["from"]) == (
        "error",
        "a x failed",
        "0189",
        "orderline.engine",
    )
    assert told["at"].endswith("Z")


def test_a_failure_is_told_with_its_trace_on_the_same_line() -> None:
    made = record()
    try:
        raise ValueError("oh")
    except ValueError as error:
        made.exc_info = (ValueError, error, error.__traceback__)
    line = JsonLines().format(made)
    assert "\n" not in line
    assert "ValueError: oh" in json.loads(line)["error"]


def test_text_ends_with_what_it_is_about() -> None:
    assert TextLines().format(record(order="0189")).endswith("a x failed order=0189")


def test_what_libraries_say_of_each_request_is_left_out(
    root: logging.Logger, capfd: pytest.CaptureFixture[str]
) -> None:
    set_up_logs("info", "json")
    logging.getLogger("httpx").info("GET /v1/orders?email=ann@example.com")
    logging.getLogger("orderline").info("ready")
    told = capfd.readouterr().err
    assert "ready" in told
    assert "ann@example.com" not in told
