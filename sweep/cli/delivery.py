"""How commands open the outbox, hand its entries to the server, and say what is on disk, at the server, or neither."""

from __future__ import annotations

import signal
import time
from typing import Final

from sweep.cli.config import Config, open_signer
from sweep.cli.output import fail, one_line, remark, speak
from sweep.cli.running import close_interrupted_sweeps
from sweep.deliver.outbox import Outbox, OutboxError
from sweep.deliver.uplink import ServerChangedError, ServerUnreachableError, Uplink
from sweep.entry.dsse import EntryError, Signer

SAVE_PATIENCE_S: Final = 120.0
"""How long a live sweep that the disk does not take is kept in memory for a person to make room (guessed)."""
SAVE_EVERY_S: Final = 2.0


def open_outbox(settings: Config, signer: Signer, subject: str) -> Outbox:
    """The outbox of these settings."""
    return Outbox(
        settings.state_folder / "outbox",
        signer,
        tenant=settings.tenant,
        subject=subject,
        spare=settings.spare_outbox_folder,
    )


def unsaved(outbox: Outbox) -> dict[str, object]:
    """What is not on disk and what is, as the values of the sentence that says so."""
    reason = outbox.unsaved[0].reason
    lost = ", ".join(f"{one.kind} ({one.name.removesuffix('.entry').lstrip('0')})" for one in outbox.unsaved)
    on_disk = outbox.waiting - len(outbox.unsaved)
    return {"why": reason, "lost": lost, "on_disk": on_disk}


def wait_for_room(outbox: Outbox) -> None:
    """Try for a while to put a report on disk that cannot be measured again; Ctrl-C ends the wait."""
    remark("report_in_memory_only", why=outbox.unsaved[0].reason)
    until_s = time.monotonic() + SAVE_PATIENCE_S
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        while time.monotonic() < until_s and not outbox.save():
            time.sleep(SAVE_EVERY_S)
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGINT, before)


def deliver_only(settings: Config) -> None:
    """Send what waits of earlier sweeps."""
    with (
        one_line(OutboxError, EntryError),
        open_outbox(settings, open_signer(settings.state_folder), settings.probe_id) as outbox,
    ):
        tell_of_interrupted(settings, outbox)
        deliver(settings, outbox)


def tell_of_interrupted(settings: Config, outbox: Outbox) -> None:
    """Close what earlier processes left open, and say so; before anything is delivered."""
    for one in close_interrupted_sweeps(settings, outbox):
        if one.said is not None:
            speak(one.said)


def deliver(settings: Config, outbox: Outbox) -> None:
    """Send what waits; exit code 2 with one line when something is neither on disk nor at the server, or all waits."""
    if settings.server is None:
        if outbox.unsaved:
            fail("entries_not_on_disk", **unsaved(outbox))
        remark("entries_wait_no_server", waiting=outbox.waiting)
        _tell_asides(outbox)
        return
    folder = settings.state_folder
    with one_line(ValueError), Uplink(settings.server, open_signer(folder)) as uplink:
        try:
            key = uplink.server_key(folder / "server.pub", outbox.log_root)
            result = outbox.deliver(uplink.send_entry, key, fetch_growth=uplink.fetch_growth)
        except (ServerUnreachableError, ServerChangedError, OutboxError) as error:
            if outbox.unsaved:
                fail("entries_not_on_disk_after", error=error, **unsaved(outbox))
            fail("entries_wait_run_again", why=error, waiting=outbox.waiting)
    if outbox.unsaved:
        fail("entries_not_on_disk", **unsaved(outbox))
    if result.trouble is not None:
        fail("entries_partly", why=result.trouble, delivered=result.delivered, pending=result.pending)
    remark("entries_delivered", delivered=result.delivered, refused=result.refused, waiting=result.pending)
    _tell_asides(outbox)


def _tell_asides(outbox: Outbox) -> None:
    """Files that were set aside and still lie there."""
    for aside in outbox.asides():
        remark("entry_set_aside", file=aside.name, kind=aside.why, why=aside.reason)
    if outbox.damaged_heads:
        remark("outbox_repaired", files=", ".join(outbox.damaged_heads))
