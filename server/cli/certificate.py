"""`sweep-server certificate authority|page`: HTTPS certificates for a probe's page, issued by the district."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated

import typer

from server.cli.base import fail, fail_of, print_words, say
from server.serving.certificates import CertificateError, Pair, make_authority, make_page
from server.serving.hotspot import ADDRESS, PREFIX
from sweep.report.help.commands import SpokenCommand, SpokenGroup

app = typer.Typer(
    cls=SpokenGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="HTTPS certificates for a probe's page, issued by the district.",
)
NETWORK = str(IPv4Network(f"{ADDRESS}/{PREFIX}", strict=False))


@app.command("authority", cls=SpokenCommand)
def authority(
    folder: Annotated[
        Path, typer.Argument(help="Folder for authority.crt and authority.key; keep it off every probe.")
    ],
    name: Annotated[str, typer.Option(help="Name in a phone's list of authorities, such as the district.")],
    domain: Annotated[str, typer.Option(help="Restrict the authority to names below this one.")] = "ansim.internal",
    network: Annotated[str, typer.Option(help="Restrict the authority to addresses of this network.")] = NETWORK,
) -> None:
    """Make the authority of a district. Install authority.crt on its phones; keep authority.key off every probe."""
    try:
        addresses = IPv4Network(network)
    except ValueError:
        fail("network_invalid", given=network)
    try:
        made = make_authority(name, domain, addresses, datetime.now(UTC))
        folder.mkdir(parents=True, exist_ok=True)
        made.write(folder / "authority.crt", folder / "authority.key")
    except (ValueError, OSError) as error:
        fail_of(error)
    print_words("authority_written", file=folder / "authority.crt", domain=domain, network=network)
    print_words("authority_key_written", file=folder / "authority.key")


@app.command("page", cls=SpokenCommand)
def page(
    folder: Annotated[Path, typer.Argument(help="Folder that `authority` wrote.")],
    names: Annotated[list[str], typer.Argument(help="Names and addresses of the page, as phones open it.")],
    out: Annotated[Path, typer.Option(help="Folder for page.crt and page.key.")],
) -> None:
    """Make a certificate for the page of one probe, for 397 days."""
    try:
        by = Pair((folder / "authority.crt").read_bytes(), (folder / "authority.key").read_bytes())
        made = make_page(by, names, datetime.now(UTC))
        out.mkdir(parents=True, exist_ok=True)
        made.write(out / "page.crt", out / "page.key")
    except (CertificateError, OSError) as error:
        fail_of(error)
    say(f"{out / 'page.crt'}, {out / 'page.key'}: {', '.join(names)}")
    print_words("certificate_next")
