"""What the ingest path is measured against: an endpoint that only stores the body, one that checks the signature too.

Usage: bare_server.py DATABASE_URL PUBLIC_KEY...; prints `serving on URL`.  The same HTTP server as the product's, one
row and one durable commit a request, nothing else: no order, no idempotence, no receipt, no projection.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import uvicorn
from fastapi import FastAPI
from sqlalchemy import create_engine, event, text
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from server.serving.running import open_socket
from sweep.entry.dsse import parse_signed, verify_signature
from sweep.entry.envelope import parse_envelope


def make_app(url: str, public_keys: dict[str, bytes]) -> FastAPI:
    """The two endpoints."""
    engine = create_engine(url, pool_size=8)
    is_sqlite = url.startswith("sqlite")
    lock = threading.Lock()
    if is_sqlite:

        @event.listens_for(engine, "connect")
        def _prepare(raw: Any, _record: Any) -> None:
            for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                raw.execute(f"PRAGMA {pragma}").close()

    kind = "BLOB" if is_sqlite else "BYTEA"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE bare (body {kind} NOT NULL)"))
    statement = text("INSERT INTO bare VALUES (:body)")

    def store(body: bytes) -> None:
        if is_sqlite:
            with lock, engine.begin() as connection:
                connection.execute(statement, {"body": body})
        else:
            with engine.begin() as connection:
                connection.execute(statement, {"body": body})

    def check(body: bytes) -> None:
        entry = parse_signed(json.loads(body)["dsse"])
        envelope = parse_envelope(entry.payload)
        verify_signature(entry, entry.payload_type, public_keys[envelope.key_id])
        store(body)

    app = FastAPI()

    @app.post("/store")
    async def post_store(request: Request) -> dict[str, bool]:
        await run_in_threadpool(store, await request.body())
        return {"ok": True}

    @app.post("/check")
    async def post_check(request: Request) -> dict[str, bool]:
        await run_in_threadpool(check, await request.body())
        return {"ok": True}

    return app


if __name__ == "__main__":
    from sweep.entry.dsse import key_id_of

    trusted = {key_id_of(bytes.fromhex(item)): bytes.fromhex(item) for item in sys.argv[2:]}
    listener = open_socket("127.0.0.1", 0)
    print(f"serving on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(make_app(sys.argv[1], trusted), log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])
