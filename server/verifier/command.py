"""The options of a verification from a command line, for `sweep-server verify` and for `python -m server.verifier`.

Input are words and paths; output are anchors and findings.  What is none raises AnchorError with one line, a file that
is no package PackageError, one that cannot be read OSError.
"""

from __future__ import annotations

from pathlib import Path

from server.verifier.anchors import Anchors
from server.verifier.case_file import STATEMENT as CASE_STATEMENT
from server.verifier.case_file import verify_case_file
from server.verifier.envelopes import DIGEST, KEY_ID
from server.verifier.findings import Findings
from server.verifier.parted_submission import verify_parted
from server.verifier.printed import Printed, printed_of
from server.verifier.submission import verify_submission
from server.verifier.verification import read_lines, verify
from server.verifier.zip_file import PARTED, SIGNATURE, ZipFile
from sweep.entry.dsse import key_id_of
from sweep.entry.notes import (
    COSIGNATURE,
    MAX_NOTE_BYTES,
    NoteError,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
)
from sweep.phrases import Phrase

CHECKPOINT_HELP = "A checkpoint from elsewhere: the file must begin with its entries."
ROOT_HELP = "The district's first root key: 64 digits, or the 16 of its key id."
ENTRY_HELP = "A record hash, or the text of a printed QR code: what does the file prove of it?"
WITNESS_HELP = "Verifier key of a witness (name+hash+key) that must have signed."


class AnchorError(ValueError):
    """An option that names no checkpoint, root key or witness; the message is one line."""


def anchors_of(checkpoint: Path | None, root: str | None, witness: str | None, entry: str | None = None) -> Anchors:
    """What a person brought; AnchorError, OSError."""
    return Anchors(
        None if checkpoint is None else _read_note(checkpoint),
        None if root is None else _root_key_id(root),
        None if witness is None else _witness(witness),
        None if entry is None else _printed(entry),
    )


def verify_package(path: Path, anchors: Anchors) -> Findings:
    """Verify a package, a submission or the file of a case; PackageError, OSError."""
    with path.open("rb") as file:
        if file.read(len(SIGNATURE)) == SIGNATURE:
            book = ZipFile(file)
            if CASE_STATEMENT in book:
                return verify_case_file(book, anchors)
            return verify_parted(book, anchors) if PARTED in book else verify_submission(book, anchors).found
    with path.open("rb") as first, path.open("rb") as second:
        files = iter((first, second))
        return verify(lambda: read_lines(next(files).readline), anchors)


def _read_note(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(MAX_NOTE_BYTES + 1)
    try:
        text = data.decode()
        parse_checkpoint(parse_note(text).text)
    except UnicodeDecodeError:
        raise AnchorError(Phrase("option_checkpoint_not_text")) from None
    except NoteError as error:
        raise AnchorError(Phrase("option_checkpoint_not_signed", why=error)) from None
    return text


def _root_key_id(text: str) -> str:
    if KEY_ID.fullmatch(text):
        return text
    if not DIGEST.fullmatch(text.lower()):
        raise AnchorError(Phrase("option_root_invalid"))
    return key_id_of(bytes.fromhex(text))


def _printed(text: str) -> Printed:
    try:
        return printed_of(text)
    except ValueError as error:
        raise AnchorError(Phrase("option_entry_invalid", why=error)) from None


def _witness(text: str) -> VerifierKey:
    try:
        key = parse_verifier_key(text)
    except NoteError as error:
        raise AnchorError(Phrase("option_witness_invalid", why=error)) from None
    if key.kind != COSIGNATURE:
        raise AnchorError(Phrase("option_witness_not_a_witness_key"))
    return key
