"""`sweep-server sign-weights`: the district's word that the weights and the forest of its field test are its own.

Input is what the field test made (sweep/SWEEP.md, "Weights of the field"), output the document that probes install.
It holds the file to this server's district and to its form; what stands in the tables, the probe checks.
"""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from server.api.app import build_services
from server.cli.base import DatabaseUrl, DataDir, fail, new_file, print_words, settings_of
from server.server_keys.rotation import KEY_FILE
from sweep.entry.dsse import WEIGHTS_TYPE
from sweep.report import ContractError
from sweep.report.base import reject_duplicate_keys
from sweep.report.files import read_bounded
from sweep.report.structure import check_structure

MAX_BYTES = 704 * 1024
"""Derived: the tables that ship take 30 kB, a forest 300 to 500 kB; signed, a probe takes 1 MiB."""
FIELDS, OPTIONAL = {"v", "tenant", "measured", "weights"}, {"forest", "detection", "levels"}
"""Keys of a field test, and those that it may have."""


def sign_weights(
    file: Annotated[Path, typer.Argument(help="Weights file of the field test.")],
    out: Annotated[Path, typer.Argument(help="Signed file, for `sweep weights install`.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Sign the weights or the forest of a field test with this server's key."""
    data = read_bounded(file, MAX_BYTES, ContractError)
    try:
        check_structure(data)
        table = json.loads(data, object_pairs_hook=reject_duplicate_keys)
    except (ValueError, RecursionError):
        fail("not_a_json_file", file=file)
    if not isinstance(table, dict) or set(table) - OPTIONAL != FIELDS:
        fail("not_a_field_test", file=file, fields=", ".join(sorted(FIELDS)))
    if not isinstance(table["weights"], dict) or not table["weights"]:
        fail("field_test_without_weights", file=file)
    settings = settings_of(data_dir, database_url)
    if not (settings.data_dir / KEY_FILE).exists():  # nothing begins a server to sign once
        fail("no_server_in_folder", folder=settings.data_dir)
    services = build_services(settings)
    with closing(services.db):
        if table["tenant"] != services.server_signer.tenant:
            fail("file_of_another_tenant", file=file, tenant=services.server_signer.tenant)
        document = services.server_signer.signer.sign(WEIGHTS_TYPE, data)
    with new_file(out) as target:
        target.write(json.dumps(document.to_json()).encode() + b"\n")
    print_words(
        "field_weights_written",
        file=out,
        measured=str(table["measured"])[:10],
        key_id=services.server_signer.signer.key_id,
        key=services.server_signer.signer.public_key.hex(),
    )
