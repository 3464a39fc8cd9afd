"""Logs on standard error: one JSON object per line, or text for a person. No bodies, no secrets, no personal data."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Final

# What every record has; whatever else stands on it was put there by `extra` and is told, such as the order's id.
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
# These tell every request, with addresses that may carry what customers typed.
_QUIET: Final = ("httpx", "httpcore", "uvicorn.access", "asyncio")


class JsonLines(logging.Formatter):
    """A record as one JSON object: at, level, from, message, and what `extra` says."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
        }
        told.update({name: value for name, value in vars(record).items() if name not in _STANDARD})
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = "".join(traceback.format_exception(*record.exc_info)).rstrip()
        return json.dumps(told, default=str, ensure_ascii=False)


class TextLines(logging.Formatter):
    """A record as a line of text, with what `extra` says at its end."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        extra = "".join(f" {name}={value}" for name, value in vars(record).items() if name not in _STANDARD)
        text = f"{at:%H:%M:%S} {record.levelname.lower():7} {record.getMessage()}{extra}"
        if record.exc_info and record.exc_info[0] is not None:
            text += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        return text


def set_up_logs(level: str, form: str) -> None:
    """Log to standard error from now on. form: json, text, or auto (text on a terminal)."""
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextLines() if as_text else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
