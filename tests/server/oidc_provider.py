"""A city's single sign-on for tests: oidc-provider-mock on loopback, whose tokens a test may change."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from joserfc import jwt

Claims = dict[str, Any]
CLIENT = "ansim"
FOREIGN_STYLE = re.compile(r'<link\s[^>]*href="https://[^>]*>')
"""The provider's own page asks a foreign host for its looks; nothing of these tests leaves the machine."""


class Provider:
    """The city's provider, whose tokens a test may change before they are signed, and what it was asked for."""

    def __init__(self) -> None:
        self.change: Callable[[Claims], Claims] = dict
        self.sign: Callable[[Claims, Any], str] | None = None
        self.asked: list[Mapping[str, str]] = []
        self.url = ""
        self.calls_itself: str | None = None

    def app(self) -> Any:
        import flask
        import oidc_provider_mock

        made = oidc_provider_mock.app(require_nonce=True)

        @made.before_request  # type: ignore[untyped-decorator]  # the provider comes without types
        def note() -> None:
            if flask.request.path == "/oauth2/token":
                self.asked.append(dict(flask.request.form))

        @made.after_request  # type: ignore[untyped-decorator]  # the provider comes without types
        def sign_anew(response: Any) -> Any:
            if flask.request.path == "/oauth2/token" and response.status_code == 200:
                answer = json.loads(response.get_data())
                body = answer["id_token"].split(".")[1]
                claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
                key = flask.g.oidc_provider_mock_storage.jwk
                wanted = self.change(claims)
                header = {"alg": "RS256", "kid": key.kid}
                answer["id_token"] = self.sign(wanted, key) if self.sign else jwt.encode(header, wanted, key)
                response.set_data(json.dumps(answer))
            if response.mimetype == "text/html":
                response.set_data(FOREIGN_STYLE.sub("", response.get_data(as_text=True)))
            if flask.request.path.startswith("/.well-known/") and self.calls_itself is not None:
                response.set_data(json.dumps(json.loads(response.get_data()) | {"issuer": self.calls_itself}))
            return response

        return made


@contextmanager
def running_provider() -> Iterator[Provider]:
    """The provider on a free port of this machine until the block ends."""
    from werkzeug.serving import make_server

    made = Provider()
    server = make_server("localhost", 0, made.app(), threaded=True)
    made.url = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
