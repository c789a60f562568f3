"""`sweep wipe`: removes what this probe knows, for good; `sweep key --seal` puts its key into the credential store."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from sweep.cli.asking import has_terminal
from sweep.cli.config import Config
from sweep.cli.options import ConfigFile, State, read_settings
from sweep.cli.output import fail, one_line, out
from sweep.host.disk import DISK, DiskError
from sweep.host.sealing import CREDENTIAL, KEY_FILE, SEALED_FILE, STORE, SealError
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
            out.print(f"지울 것이 없습니다 / nothing to wipe in {folder}")
            raise typer.Exit(0)
        for line in lines_of(stock, settings):
            out.print(line, soft_wrap=True)
        if not yes:
            if not has_terminal():
                fail("nobody_answers")
            said = typer.prompt(
                f"되돌릴 수 없습니다. 지우려면 {ANSWER} 입력 / cannot be undone; type {ANSWER} to go on"
            )
            if said.strip() != ANSWER:
                fail("nothing_removed")
        remove_all(folder, spare, sealed)
    out.print("지웠습니다 / wiped")


def lines_of(stock: Inventory, settings: Config) -> list[str]:
    """What would be lost, Korean and English below each other."""
    said = [f"{settings.state_folder}:"]
    if stock.waiting:
        said += [
            f"  서버에 없는 서명 기록 {stock.waiting}건: 되살릴 수 없습니다. 먼저 서버로 보내십시오",
            f"  {stock.waiting} signed entries that no server has: they cannot be had again; deliver them first",
        ]
    if stock.unclosed:
        said += [
            f"  닫히지 않은 점검 {stock.unclosed}건의 측정 내용: 되살릴 수 없습니다",
            f"  what {stock.unclosed} sweeps that were not closed have measured: it cannot be had again",
        ]
    if stock.aside:
        said += [
            f"  거부되었거나 손상된 기록 {stock.aside}건",
            f"  {stock.aside} entries that were refused or damaged",
        ]
    if stock.has_key or stock.is_sealed:
        said += [
            "  점검기의 서명 키: 서버에 새 키를 등록해야 합니다. 도난당한 것이면 서버에서 이 키를 취소하십시오",
            "  the probe's key: the server must admit a new one, and revoke this one should it have been stolen",
        ]
    if stock.room_keys:
        said += [
            f"  방별 주소 키 {stock.room_keys}개: 이전 점검의 기기와 비교할 수 없게 됩니다",
            f"  {stock.room_keys} address keys of rooms: devices cannot be compared with those of earlier visits",
        ]
    if stock.others:
        said.append(f"  남는 것 / stays: {', '.join(stock.others[:5])}")
    return [
        *said,
        "  메모리 카드에는 흔적이 남을 수 있습니다. 확실히 하려면 카드를 폐기하거나 처음부터 암호화하십시오",
        "  a memory card may keep old blocks: to be sure, destroy it, or encrypt it from the start",
    ]


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
