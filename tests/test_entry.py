from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.entry import dsse
from sweep.entry import envelope as e
from tests import entry_verifier as independent
from tests.entry_factory import entry_id, make_entry, salted, signer

VECTORS = Path(__file__).parent / "captures" / "entry" / "v1.json"


def chain() -> list[tuple[dsse.SignedEntry, tuple[e.Body, ...]]]:
    """Three entries of one key: without body, with two bodies, simulated and live."""
    key = signer("golden")
    opened = make_entry(key, 1, kind="sweep.opened")
    bodies = (salted("application/json", b'{"a":1}'), salted("image/png", bytes(range(256))))
    report = make_entry(key, 2, opened.entry_hash, bodies=bodies)
    unknown = make_entry(key, 3, report.entry_hash, kind="future.kind", source="live", refs=(entry_id(key, 2),))
    return [(opened, ()), (report, bodies), (unknown, ())]


def vectors() -> dict[str, Any]:
    key = signer("golden")
    return {
        "public_key": key.public_key.hex(),
        "key_id": key.key_id,
        "entries": [
            {
                "wire": json.loads(e.to_wire(signed, bodies)),
                "pae_sha256": signed.entry_hash,
                "signatures_hash": signed.signatures_hash,
            }
            for signed, bodies in chain()
        ],
    }


BASE64_LIKE = st.binary(max_size=24).map(lambda data: base64.b64encode(data).decode()) | st.text(
    'AQ9+/=-_ "\\\n\u00e9u0041'
)


@given(parts=st.lists(BASE64_LIKE, max_size=3))
def test_the_fast_decoder_of_bodies_says_what_the_slow_one_says(parts: list[str]) -> None:
    def said(decode: Callable[[str], bytes]) -> bytes | str:
        try:
            return decode("".join(parts))
        except dsse.EntryError as error:
            return str(error)

    assert said(e.body_bytes) == said(lambda text: dsse.unbase64(text, "body", dsse.MAX_BODY_BYTES))


def test_golden_vectors_have_not_moved() -> None:
    """The file was written once by `python -m tests.test_entry`; a format that moves needs a new version number."""
    assert vectors() == json.loads(VECTORS.read_text())


def test_independent_verifier_reads_the_golden_vectors() -> None:
    stored = json.loads(VECTORS.read_text())
    key = bytes.fromhex(stored["public_key"])
    envelopes, previous = [], None
    for item in stored["entries"]:
        entry_hash, envelope = independent.verify(item["wire"]["dsse"], key)
        assert entry_hash == item["pae_sha256"]
        assert envelope["prev"] == previous
        for ref, body in zip(envelope["bodies"], item["wire"]["bodies"], strict=True):
            salt, data = base64.b64decode(body["salt"]), base64.b64decode(body["data"])
            assert independent.body_state(ref, salt, data) == "present"
            assert independent.body_state(ref, None, None) == "erased"
            with pytest.raises(independent.Wrong, match="commitment"):
                independent.body_state(ref, bytes(32), data)
        envelopes.append(envelope)
        previous = entry_hash
    assert independent.chain_gaps(envelopes) == []
    assert independent.chain_gaps([envelopes[0], envelopes[2]]) == [2]


def test_both_verifiers_agree_on_tampering() -> None:
    key = signer("golden")
    signed = chain()[1][0]
    document = signed.to_json()
    flips = 0
    for position in range(0, len(signed.payload), 7):
        broken = bytearray(signed.payload)
        broken[position] ^= 1
        tampered = {**document, "payload": base64.b64encode(bytes(broken)).decode()}
        with pytest.raises(dsse.EntryError):
            e.verify_entry(dsse.parse_signed(tampered), key.public_key)
        with pytest.raises(independent.Wrong, match=r".+"):
            independent.verify(tampered, key.public_key)
        flips += 1
    assert flips > 50


def test_the_wire_round_trips_and_keeps_payload_bytes() -> None:
    for signed, bodies in chain():
        again, bodies_again = e.from_wire(e.to_wire(signed, bodies))
        assert again == signed
        assert bodies_again == bodies
        assert e.verify_entry(again, signer("golden").public_key).key_id == signer("golden").key_id


def _resigned(payload: bytes) -> dsse.SignedEntry:
    return signer("golden").sign(dsse.ENTRY_TYPE, payload)


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "key twice": (lambda p: p.replace(b'"v":1', b'"v":1,"v":1'), "stands twice"),
    "other version": (lambda p: p.replace(b'"v":1', b'"v":2'), "v:"),
    "unknown field": (lambda p: p.replace(b'"v":1', b'"v":1,"extra":0'), "extra"),
    "sequence zero": (lambda p: p.replace(b'"seq":1', b'"seq":0'), "seq"),
    "sequence infinite": (lambda p: p.replace(b'"seq":1', b'"seq":1e400'), "seq"),
    "time in Seoul": (lambda p: p.replace(b'Z","boot_id', b'+09:00","boot_id'), "utc"),
    "time naive": (lambda p: p.replace(b'Z","boot_id', b'","boot_id'), "utc"),
    "not a number": (lambda p: p.replace(b'"boottime_ns":1000000000', b'"boottime_ns":NaN'), "boottime_ns"),
    "deep and large": (lambda _: b"[" * 100_000, "more than"),
    "deep": (lambda _: b"[" * 60_000, "not valid JSON"),
    "large": (lambda p: p + b" " * 70_000, "more than"),
    "not UTF-8": (lambda p: b"\xff\xfe" + p, "not valid JSON"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_signed_but_broken_envelope_is_refused_with_its_reason(case: str) -> None:
    change, message = BROKEN[case]
    original = chain()[0][0].payload
    payload = change(original)
    assert payload != original
    with pytest.raises(dsse.EntryError, match=message) as caught:
        e.verify_entry(_resigned(payload), signer("golden").public_key)
    assert "\n" not in str(caught.value)


def test_an_entry_signed_by_another_key_than_it_names_is_refused() -> None:
    stranger = signer("stranger").sign(dsse.ENTRY_TYPE, chain()[0][0].payload)
    with pytest.raises(dsse.EntryError, match="another key"):
        e.verify_entry(stranger, signer("stranger").public_key)


@given(st.binary(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["dsse", "bodies", "payload", "payloadType", "signatures", "keyid"]), inner),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_any_bytes_on_the_wire_give_an_entry_error_or_an_entry(data: bytes) -> None:
    with contextlib.suppress(dsse.EntryError):
        e.from_wire(data)


def test_receipt_binds_entry_and_bodies() -> None:
    server = signer("server")
    signed, bodies = chain()[1]
    commitments = tuple(body.commitment for body in bodies)
    envelope = e.parse_envelope(signed.payload)
    receipt = e.Receipt(
        v=1,
        entry_id=envelope.entry_id,
        entry_hash=signed.entry_hash,
        commitments=commitments,
        log_index=7,
        received_ms=1,
        inclusion_proof=None,
    )
    document = server.sign(dsse.RECEIPT_TYPE, receipt.model_dump_json().encode())
    assert e.verify_receipt(document, server.public_key, signed, commitments) == receipt
    with pytest.raises(dsse.EntryError, match="every body"):
        e.verify_receipt(document, server.public_key, signed, commitments[:1])
    with pytest.raises(dsse.EntryError, match="another entry"):
        e.verify_receipt(document, server.public_key, chain()[0][0], commitments)
    with pytest.raises(dsse.EntryError, match="not signed"):
        e.verify_receipt(document, signer("impostor").public_key, signed, commitments)


def test_signed_requests_hold_for_one_target_body_and_time() -> None:
    key = signer()
    header = e.sign_request(key, "POST", "/api/probes/p1/live?x=1", b"{}", 1_000_000)

    def verify(**changes: Any) -> None:
        arguments: dict[str, Any] = {
            "method": "POST",
            "target": "/api/probes/p1/live?x=1",
            "body": b"{}",
            "now_unix_s": 1_000_100,
        }
        e.verify_request(header, key.public_key, **(arguments | changes))

    verify()
    for change in ({"method": "GET"}, {"target": "/api/probes/p2/live?x=1"}, {"body": b"{ }"}):
        with pytest.raises(dsse.EntryError, match="does not hold"):
            verify(**change)
    with pytest.raises(dsse.EntryError, match="clocks differ by 301 s"):
        verify(now_unix_s=1_000_301)
    for junk in ("", "Bearer x", "Ansim key=1,time=2,sig=3", "Ansim key=0123456789abcdef,time=-1,sig=AA=="):
        with pytest.raises(dsse.EntryError):
            e.verify_request(junk, key.public_key, method="GET", target="/", body=b"", now_unix_s=0)


def test_the_key_file_is_private_and_stable(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "probe.key"
    first = dsse.Signer.load_or_create(path)
    assert dsse.Signer.load_or_create(path).key_id == first.key_id
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"short")
    with pytest.raises(dsse.EntryError, match="32 bytes"):
        dsse.Signer.load_or_create(path)


def test_key_id_is_the_start_of_the_public_keys_hash() -> None:
    key = signer()
    assert key.key_id == hashlib.sha256(key.public_key).hexdigest()[:16]


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(vectors(), indent=1) + "\n")
