"""Both verifiers asked about one file: the product's and the one written from the documents."""

from __future__ import annotations

import io

from server.verifier.anchors import Anchors
from server.verifier.findings import Findings, PackageError
from server.verifier.verification import read_lines, verify
from sweep.entry.notes import VerifierKey
from tests import log_verifier


def findings(
    data: bytes, *, checkpoint: str | None = None, witness: VerifierKey | None = None, root_key: str | None = None
) -> Findings:
    """What the product finds."""
    return verify(lambda: read_lines(io.BytesIO(data).readline), Anchors(checkpoint, root_key, witness))


def both(
    data: bytes, *, checkpoint: str | None = None, witness: VerifierKey | None = None, root_key: str | None = None
) -> tuple[list[str], list[str]]:
    """Problems that the product and the second implementation find."""
    try:
        first = list(map(str, findings(data, checkpoint=checkpoint, witness=witness, root_key=root_key).problems))
    except PackageError as error:
        first = [str(error)]
    named = None if witness is None else (witness.name, witness.public_key)
    second = log_verifier.problems(data, checkpoint=checkpoint, witness=named, root_key=root_key)
    return first, second
