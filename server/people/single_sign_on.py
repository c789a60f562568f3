"""A city's own single sign-on (OpenID Connect Core 1.0): to its provider and back, by code with PKCE and nonce.

Input is what the operator says of the provider, and the code that a browser brings back; output is who that is: a
subject of this provider, whom somebody here has to have linked to an invited account before (`links`).  It makes no
account and gives no role.  State, nonce and verifier follow from one random challenge under a key of this server, so
that nothing of a login that is under way is kept here; each challenge is good for one answer (challenges.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from server.interface.errors import ApiError
from sweep.phrases import Phrase

BACK: Final = "/api/login/single-sign-on/back"
"""Where browsers come back to, on this server; the provider has to know it as redirect URI."""
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
"""Never `none`, never one whose key the provider shares."""
LEEWAY_S: Final = 60  # guessed: clocks of two servers that are kept by NTP
TIMEOUT_S: Final = 10.0
KNOWN_FOR_S: Final = 3600.0
"""The provider's addresses and keys are asked for anew after this long, and keys when one is unknown."""
MAX_ANSWER: Final = 256 * 1024
STRONG_METHODS: Final = frozenset({"mfa", "otp", "hwk", "sc", "fpt", "pop"})
"""RFC 8176, section 2: what a provider says of a login by more than a password."""


@dataclass(frozen=True, slots=True)
class Provider:
    """What the operator says of the city's provider."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    """This server's address to which browsers come back."""
    is_strong: bool
    """It asks everybody for a second factor, although it may not say so."""


@dataclass(frozen=True, slots=True)
class Proved:
    """Who came back from the provider."""

    subject: str
    is_strong: bool
    """By more than a password."""


class _Addresses(BaseModel):
    """The provider's own document (OpenID Connect Discovery 1.0, section 3)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None


class _Claims(BaseModel):
    """What we read of an ID token, once it is verified."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sub: str
    azp: str | None = None
    amr: tuple[str, ...] = ()


class _Keys(BaseModel):
    """The provider's keys, as JSON Web Keys."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    keys: list[dict[str, str | list[str]]]


class SingleSignOn:
    """One provider: where to send browsers, and what their codes are worth."""

    def __init__(
        self, provider: Provider, mac: Callable[[str], str], transport: httpx.BaseTransport | None = None
    ) -> None:
        """`mac`: a keyed hash that every process of this server shares."""
        self._provider, self._mac = provider, mac
        self._http = httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, transport=transport)
        self._lock = threading.Lock()
        self._known: tuple[float, _Addresses, KeySet] | None = None

    @property
    def issuer(self) -> str:
        """The provider's name."""
        return self._provider.issuer

    def start_url(self, challenge: str) -> str:
        """Where a browser logs in, to come back with this challenge as its state; ApiError 502 without the provider."""
        addresses, _ = self._knowledge(is_fresh=False)
        asked = {
            "response_type": "code",
            "client_id": self._provider.client_id,
            "redirect_uri": self._provider.redirect_uri,
            "scope": "openid",
            "state": challenge,
            "nonce": self._nonce(challenge),
            "code_challenge": create_s256_code_challenge(self._verifier(challenge)),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in addresses.authorization_endpoint else "?"
        return f"{addresses.authorization_endpoint}{joint}{urlencode(asked)}"

    def end_url(self, back: str) -> str | None:
        """Where a browser logs out of the provider too; None where it has no such address or cannot be asked."""
        try:
            addresses, _ = self._knowledge(is_fresh=False)
        except ApiError:
            return None
        if addresses.end_session_endpoint is None:
            return None
        asked = {"client_id": self._provider.client_id, "post_logout_redirect_uri": back}
        return f"{addresses.end_session_endpoint}?{urlencode(asked)}"

    def prove(self, code: str, challenge: str) -> Proved:
        """Who this code is of; ApiError 401 when it is worth nothing, 502 when the provider cannot be asked."""
        addresses, keys = self._knowledge(is_fresh=False)
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._provider.redirect_uri,
            "code_verifier": self._verifier(challenge),
        }
        login = (self._provider.client_id, self._provider.client_secret)
        answer = self._ask("POST", addresses.token_endpoint, data=asked, auth=login)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _refused(Phrase("oidc_no_id_token"))
        try:
            read = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):  # perhaps a key that is newer than what we know
            _, keys = self._knowledge(is_fresh=True)
            try:
                read = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
            except (JoseError, ValueError) as error:
                raise _refused(Phrase("oidc_signature_invalid", kind=type(error).__name__)) from None
        return self._checked(read.claims, challenge)

    def _checked(self, claims: Mapping[str, Any], challenge: str) -> Proved:
        """OpenID Connect Core 1.0, section 3.1.3.7."""
        rules = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._provider.issuer},
            aud={"essential": True, "value": self._provider.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": self._nonce(challenge)},
        )
        try:
            rules.validate(dict(claims))
            found = _Claims.model_validate(claims)
        except (JoseError, ValidationError) as error:
            raise _refused(_first_line(error)) from None
        if found.azp not in {None, self._provider.client_id}:
            raise _refused(Phrase("oidc_token_for_another"))
        if not 1 <= len(found.sub) <= 255:  # OpenID Connect Core 1.0, section 2
            raise _refused(Phrase("oidc_names_nobody"))
        return Proved(found.sub, self._provider.is_strong or not STRONG_METHODS.isdisjoint(found.amr))

    def _knowledge(self, *, is_fresh: bool) -> tuple[_Addresses, KeySet]:
        with self._lock:
            now = time.monotonic()
            if self._known is not None and not is_fresh and now - self._known[0] < KNOWN_FOR_S:
                return self._known[1:]
            found = self._ask("GET", f"{self._provider.issuer.rstrip('/')}/.well-known/openid-configuration")
            try:
                addresses = _Addresses.model_validate(found)
                if addresses.issuer != self._provider.issuer:
                    raise _unreachable(Phrase("oidc_issuer_differs", issuer=addresses.issuer[:200]))
                for address in (addresses.authorization_endpoint, addresses.token_endpoint, addresses.jwks_uri):
                    if urlsplit(address).scheme != urlsplit(self._provider.issuer).scheme:
                        raise _unreachable(Phrase("oidc_addresses_mixed"))
                keys = KeySet.import_key_set({"keys": _Keys.model_validate(self._ask("GET", addresses.jwks_uri)).keys})
            except (ValidationError, JoseError, ValueError, KeyError) as error:
                raise _unreachable(type(error).__name__) from None
            self._known = (now, addresses, keys)
            return addresses, keys

    def _ask(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        """A JSON object from the provider; ApiError 502 without one, 401 where it refuses what a browser brought."""
        try:
            answer = self._http.request(method, address, headers={"Accept": "application/json"}, **more)
            if method == "POST" and answer.status_code in {400, 401, 403}:
                raise _refused(Phrase("oidc_code_unknown"))
            answer.raise_for_status()
            if len(answer.content) > MAX_ANSWER:
                raise _unreachable(Phrase("oidc_answer_too_long"))
            found: dict[str, Any] = TypeAdapter(dict[str, Any]).validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise _unreachable(type(error).__name__) from None
        return found

    def _nonce(self, challenge: str) -> str:
        return self._mac(f"sign-on nonce {challenge}")

    def _verifier(self, challenge: str) -> str:
        """RFC 7636, section 4.1: 43 to 128 letters; a keyed hash has 64."""
        return self._mac(f"sign-on verifier {challenge}")


def no_sign_on() -> ApiError:
    """There is none here."""
    return ApiError(409, Phrase("sign_on_off"))


def denied() -> ApiError:
    """The provider sent a browser back without a code: its person said no, or may not."""
    return ApiError(403, Phrase("sign_on_denied"))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _refused(why: Phrase | str) -> ApiError:
    return ApiError(401, Phrase("sign_on_refused", why=why))


def _unreachable(why: Phrase | str) -> ApiError:
    return ApiError(502, Phrase("sign_on_unreachable", why=why))
