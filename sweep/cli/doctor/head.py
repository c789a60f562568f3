"""`sweep doctor --head PORT`: walks a freshly assembled sensor head through its parts, shows what could be measured."""

from __future__ import annotations

from rich.table import Table

from sweep.cli.output import err, one_line, out
from sweep.phrases import Phrase, in_both

READ_TIMEOUT_S = 0.02
"""Short: between two reads the head hears that the host is there, or it switches its lamps off after 0.1 s."""
VERDICTS = {"ok": Phrase("state_ok"), "fault": Phrase("state_fault"), "look": Phrase("state_look")}


def examine_head(device: str, step_s: float, *, is_room_empty: bool, is_kit: bool = False) -> None:
    """Drive the self test of the head on `device` and print its table; one line and exit code 2 where it cannot be.

    `is_kit`: of the bench kit, which has the parts of its breadboard and no others.
    """
    from sweep.link.head import Head, SerialPort
    from sweep.link.self_test import ALL_PARTS, KIT_PARTS, count_faults, judge, walk

    with one_line(ValueError), SerialPort(device, read_timeout_s=READ_TIMEOUT_S) as port:
        head = Head(port)
        err.print(
            "각 부품이 차례로 동작합니다. 램프·소리·버튼을 확인하십시오 / Watch the lamps, listen, press the button."
        )
        if not is_room_empty and not is_kit:
            err.print("적색 램프 제외: 퇴실 확인 없음(--declared-empty) / Without the red lamps: not declared empty.")
        readings = walk(
            head,
            step_s=step_s,
            parts=KIT_PARTS if is_kit else ALL_PARTS,
            is_room_empty=is_room_empty,
            on_step=lambda part: err.print(f"  {in_both(part)}"),
        )
        rows = judge(readings, head.losses, has_receivers=not is_kit)
    table = Table("부품 / part", "측정 / measured", "판정 / verdict")
    for row in rows:
        table.add_row(in_both(row.part), in_both(row.measured), in_both(VERDICTS[row.verdict]))
    out.print(table)
    looks, faults = sum(row.verdict == "look" for row in rows), count_faults(rows)
    out.print(f"이상 {faults}건, 눈으로 확인할 것 {looks}건 / {faults} faults, {looks} to be looked at")
