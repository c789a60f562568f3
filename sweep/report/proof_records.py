"""How persons were identified who answer for an entry, and the body of a proof.

By a proof a person of the city's server confirms what a Pi's server said in their name, one entry each.  It names the
entry by its hash.  A passkey's answer is carried whole, over a challenge that follows from that hash, so that anybody
can verify it later; what a PIN or a password proved, the server that signs this vouches for.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from sweep.phrases import Phrase

from .base import AccountId, HexDigest, Record, Text

FirstWay = Literal["password", "code", "passkey", "single_sign_on"]
"""How the first person had logged in; `code`: by a password and a second factor; `single_sign_on`: the city's own."""
SecondWay = Literal["password", "code", "passkey", "pin", "badge_pin"]
"""How the second one agreed, on the first one's phone; `badge_pin`: by a badge and the PIN of whom it names."""
Base64url = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,8000}$")]


class PasskeyAssertion(Record):
    """What a passkey signed, and with which key (WebAuthn level 3, section 7.2); everything in base64url."""

    rp_id: Annotated[str, Field(min_length=1, max_length=253)]
    public_key: Base64url
    """COSE, as the passkey gave it when it was registered."""
    client_data: Base64url
    authenticator_data: Base64url
    signature: Base64url


class ProofGiven(Record):
    """A person said again, at the city, what a Pi's server had said in their name."""

    v: Literal[1]
    entry_hash: HexDigest
    """Of the entry that they confirm."""
    name: Text
    """As that entry names them, and as this server registered them."""
    account: AccountId
    """Theirs at the city: two persons have two."""
    way: SecondWay
    passkey: PasskeyAssertion | None

    @model_validator(mode="after")
    def _carries_its_assertion(self) -> ProofGiven:
        if (self.way == "passkey") != (self.passkey is not None):
            raise ValueError(Phrase("assertion_only_for_passkey"))
        return self


class Identified(Record):
    """How each of two persons was identified."""

    first: FirstWay
    second: SecondWay
