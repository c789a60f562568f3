"""`sweep-server hotspot`: a network of its own for the phone, and the label that joins it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.cli.base import fail, new_file, print_words
from server.serving.hotspot import ADDRESS, CHANNEL, NAME, Hotspot, new_name, new_passphrase

FOLDER = Path("/etc/NetworkManager/system-connections")


def hotspot(
    probe_id: Annotated[str, typer.Argument(help="Id of the probe, as in its settings.")],
    label: Annotated[Path, typer.Option(help="File for the label, an SVG of 90 x 50 mm with two QR codes.")],
    folder: Annotated[Path, typer.Option(help="File for the connection.")] = FOLDER,
    name: Annotated[str | None, typer.Option(help="Name of the network; default: a new one.")] = None,
    page: Annotated[str, typer.Option(help="Address of the page on that network.")] = f"http://{ADDRESS}:8080",
    interface: Annotated[str, typer.Option(help="Radio of the network; never the probe's adapter.")] = "wlan0",
    band: Annotated[str, typer.Option(help="5 or 2.4 (GHz).")] = "5",
    wpa2: Annotated[bool, typer.Option("--wpa2", help="Without WPA3, for chips that lack it.")] = False,
) -> None:
    """Write a hotspot for NetworkManager and its label. Each run makes a new passphrase: old labels stop working."""
    if band not in CHANNEL:
        fail("band_invalid")
    if interface == "sweep0":
        fail("adapter_is_the_receiver")
    if name is not None and NAME.fullmatch(name) is None:
        fail("hotspot_name")
    made = Hotspot(
        name or new_name(probe_id), new_passphrase(), interface, band, "wpa2" if wpa2 else "wpa3"
    )  # fmt: skip
    target = folder / f"{made.file_name}.nmconnection"
    try:
        with new_file(label) as paper, new_file(target) as file:  # both or none: the label is of this passphrase
            file.write(made.connection().encode("ascii"))
            paper.write(made.label(page).encode())
    except OSError as error:
        fail("file_not_written", file=error.filename, why=error.strerror)
    print_words(
        "hotspot_written", file=target, name=made.name, security="WPA2" if wpa2 else "WPA3-SAE", band=band, label=label
    )
    print_words("hotspot_next")
