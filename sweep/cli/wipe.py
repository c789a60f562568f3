"""`sweep wipe`: removes what this probe knows, for good; `sweep key --seal` puts its key into the credential store."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from sweep.cli.asking import has_terminal
from sweep.cli.config import Config
from sweep.cli.options import ConfigFile, State, read_settings
from sweep.cli.output import fail, one_line, out, print_below, print_words
from sweep.host.disk import DISK, DiskError
from sweep.host.sealing import CREDENTIAL, KEY_FILE, SEALED_FILE, STORE, SealError
from sweep.phrases import Phrase
from sweep.report.language import spoken
from sweep.run.wipe import Inventory, WipeError, nobody_sweeps, take_stock
from sweep.run.wipe import wipe as remove_all

ANSWER: Final = "wipe"


def wipe(
    state: State = None,
    config: ConfigFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Remove this probe's key, state and undelivered entries; refuses while a sweep or the agent runs."""
    settings = read_settings(config, None, state)
    folder, spare, sealed = settings.state_folder, settings.spare_outbox_folder, STORE / CREDENTIAL
    with one_line(WipeError, OSError), nobody_sweeps(folder):
        stock = take_stock(folder, spare, sealed)
        if stock.is_empty and not (folder / SEALED_FILE).exists():
            print_words("nothing_to_wipe", folder=folder)
            raise typer.Exit(0)
        out.print(f"{folder}:", soft_wrap=True)
        for line in lines_of(stock):
            print_below(out, "  ", spoken(line))
        if not yes:
            if not has_terminal():
                fail("nobody_answers")
            said = typer.prompt(spoken(Phrase("wipe_for_good", answer=ANSWER)))
            if said.strip() != ANSWER:
                fail("nothing_removed")
        remove_all(folder, spare, sealed)
    print_words("wiped")


def lines_of(stock: Inventory) -> list[Phrase]:
    """What would be lost."""
    said = []
    if stock.waiting:
        said.append(Phrase("wipe_loses_entries", count=stock.waiting))
    if stock.unclosed:
        said.append(Phrase("wipe_loses_sweeps", count=stock.unclosed))
    if stock.aside:
        said.append(Phrase("wipe_loses_asides", count=stock.aside))
    if stock.has_key or stock.is_sealed:
        said.append(Phrase("wipe_loses_key"))
    if stock.room_keys:
        said.append(Phrase("wipe_loses_room_keys", count=stock.room_keys))
    if stock.others:
        said.append(Phrase("wipe_leaves", files=", ".join(stock.others[:5])))
    return [*said, Phrase("wipe_leaves_old_blocks")]


def seal_key(settings: Config) -> str:
    """Seal the probe's key to this machine; where it lies.  Ends with one line where that fails."""
    from sweep.host.sealing import seal

    folder = settings.state_folder
    with one_line(SealError, WipeError, DiskError, OSError), nobody_sweeps(folder):
        if not (folder / KEY_FILE).exists():
            fail("no_key_to_seal", file=folder / KEY_FILE)
        target = seal(folder / KEY_FILE, STORE)
        DISK.write_whole(folder / SEALED_FILE, f"{target}\n".encode())
        DISK.overwrite(folder / KEY_FILE, bytes((folder / KEY_FILE).stat().st_size))
        (folder / KEY_FILE).unlink()
        DISK.sync_folder(folder)
    return str(target)
