"""`sweep doctor --head PORT`: walks a freshly assembled sensor head through its parts, shows what could be measured."""

from __future__ import annotations

from sweep.cli.output import guide, one_line, print_words, remark
from sweep.cli.tables import show_table
from sweep.phrases import Phrase

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
        remark("self_test_begins")
        if not is_room_empty and not is_kit:
            remark("self_test_without_red")
        readings = walk(
            head,
            step_s=step_s,
            parts=KIT_PARTS if is_kit else ALL_PARTS,
            is_room_empty=is_room_empty,
            on_step=guide,
        )
        rows = judge(readings, head.losses, has_receivers=not is_kit)
    names = (Phrase("column_component"), Phrase("column_measured"), Phrase("column_verdict"))
    show_table(names, [(row.part, row.measured, VERDICTS[row.verdict]) for row in rows])
    looks, faults = sum(row.verdict == "look" for row in rows), count_faults(rows)
    print_words("self_test_counted", faults=faults, looks=looks)
