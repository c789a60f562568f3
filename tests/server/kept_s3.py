"""moto's S3 server as a program whose objects outlive it: a change is on disk before it is answered.

`python -m tests.server.kept_s3 FILE PORT` makes anew what the requests in FILE had made, and says "ready".
"""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class KeptS3:
    """The application, and the requests that changed something, a line of JSON each."""

    def __init__(self, app: Any, file: Path) -> None:
        self._app, self._turn = app, threading.Lock()
        self._kept = file.open("a+b")
        self._kept.seek(0)
        for line in self._kept:
            if line.endswith(b"\n"):  # a torn last one was not answered
                self._change(json.loads(line), lambda *_: None)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
            return list(self._app(environ, start_response))
        said = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        words = {name: value for name, value in environ.items() if isinstance(value, str)}
        request = {"words": words, "body": said.decode("latin-1")}
        with self._turn:
            answer = self._change(request, start_response)
            self._kept.write(json.dumps(request).encode() + b"\n")
            self._kept.flush()
            os.fsync(self._kept.fileno())
        return answer

    def _change(self, request: dict[str, Any], start_response: Any) -> list[bytes]:
        body = io.BytesIO(request["body"].encode("latin-1"))
        return list(self._app(request["words"] | {"wsgi.input": body, "wsgi.errors": sys.stderr}, start_response))


def main() -> None:
    """Serve until it is ended."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = KeptS3(DomainDispatcherApplication(create_backend_app), Path(sys.argv[1]))
    server = make_server("127.0.0.1", int(sys.argv[2]), app, threaded=True)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
