"""The server's own log as JSON lines, without personal data: for whoever collects logs of many machines.

Input are records of Python's logging, output is one JSON object a line: time, level, logger, message and fields.
Device and network addresses in a message are blanked.  Of a fault it tells the kind and where in the code, never its
text, for that may hold what a person wrote.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from sweep.report import display_text

MESSAGE_LIMIT = 400
PLACES = 8  # guessed: the frames nearest to the fault
_ADDRESS = re.compile(
    r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b"
    r"|\b(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}\b"
    r"|\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b"
    r"|(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){1,6}:[0-9A-Fa-f:]*|(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}\b"
    r"|[\w.+-]+@[\w-]+\.[\w.]+"
)
BLANKED = "[address]"


class JsonLines(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": display_text(_ADDRESS.sub(BLANKED, record.getMessage()), limit=MESSAGE_LIMIT),
        }
        told |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            told["fault"] = record.exc_info[0].__name__
            told["places"] = [
                f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])[-PLACES:]
            ]
        return json.dumps(told, ensure_ascii=False)


def log_as_json(stream: TextIO = sys.stderr) -> None:
    """Write the log of this process as JSON lines from now on, requests too."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("server.requests").setLevel(logging.INFO)
