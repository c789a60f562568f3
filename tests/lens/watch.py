"""Runs one filmed sweep and says everything that it did to disk and network; started by test_privacy as a process.

Two watches at once: Python's audit hook sees each file opened, moved or made and each socket and process; inotify,
asked of the kernel directly, sees files that native code writes in the process's own folders (home, temporary, cache
and state folder), those that exist for a moment included.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

IN_WRITTEN = 0x2 | 0x8 | 0x80 | 0x100  # IN_MODIFY, IN_CLOSE_WRITE, IN_MOVED_TO, IN_CREATE (linux/inotify.h)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
CALLED_SCORE = 2.5
"""Beyond what asks for a second look by itself (`sweep/judge/README.md`)."""
events: list[str] = []
is_watching = False


MODULES = {"socket", "subprocess", "shutil", "ftplib", "http", "urllib", "mmap"}
CALLS = {
    "os.rename", "os.mkdir", "os.link", "os.symlink", "os.exec", "os.fork", "os.posix_spawn", "os.truncate",
    "tempfile.mkstemp", "tempfile.mkdtemp", "pickle.find_class",
}  # fmt: skip


def hook(name: str, arguments: tuple[Any, ...]) -> None:
    if not is_watching:
        return
    if name == "open":
        path, mode, flags = arguments
        if (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & WRITING):
            events.append(f"open {path}")
    elif name.split(".", maxsplit=1)[0] in MODULES or name in CALLS:
        events.append(f"{name} {arguments!r}"[:200])


class Inotify:
    """Watches folders, each for itself, through the C library."""

    def __init__(self, folders: list[str]) -> None:
        self._c = ctypes.CDLL(None, use_errno=True)
        self._fd = self._c.inotify_init1(os.O_NONBLOCK)
        self._names: dict[int, str] = {}
        for folder in folders:
            watch = self._c.inotify_add_watch(self._fd, folder.encode(), IN_WRITTEN)
            assert watch >= 0, os.strerror(ctypes.get_errno())
            self._names[watch] = folder

    def events(self) -> list[str]:
        """What was written since it was last asked."""
        found: list[str] = []
        while True:
            try:
                data = os.read(self._fd, 65536)
            except BlockingIOError:
                return found
            at = 0
            while at < len(data):
                watch, mask, _, length = struct.unpack_from("iIII", data, at)
                name = data[at + 16 : at + 16 + length].split(b"\0")[0].decode()
                found.append(f"{mask:#x} {self._names.get(watch, '?')}/{name}")
                at += 16 + length


def main(home: Path, manifest: Path) -> None:
    """Film, then sign and store the report; prints a JSON of both watches for each of the two steps."""
    global is_watching  # noqa: PLW0603  # an audit hook cannot be taken out again
    from sweep.deliver.outbox import Outbox
    from sweep.lens.live.live import LiveScan
    from sweep.lens.live.records import CropBudget, LiveUpdate
    from sweep.modality.addresses import AddressKey
    from sweep.modality.control import Control
    from sweep.modality.task import Task
    from sweep.run.runner import Runner
    from tests.entry_factory import signer
    from tests.lens.filmed import Premade, RoomSource, open_camera, triggers_of
    from tests.lens.live_triples import film

    control = Control()
    control.declare_empty(("점검자-01", "점검자-02"))
    source = RoomSource(home, manifest)
    camera, meta, count = open_camera(home, control)
    feed = triggers_of(camera)
    updates: list[LiveUpdate] = []
    task: Task[None] = Task(
        sweep_id=source.manifest.sweep_id, position=source.position(), dwell_s=5.0,
        sweep_key=AddressKey.random(), room_key=AddressKey.random(),
    )  # fmt: skip
    kernel = Inotify([str(p) for p in home.rglob("*") if p.is_dir()] + [str(home)])
    sys.addaudithook(hook)
    is_watching = True
    scan = LiveScan(meta, crops=CropBudget(), clock=lambda: 0.0)
    measurement = film(
        task, camera, lambda: next(feed), scan, meta,
        goes_on=lambda: camera.taken < count, on_update=updates.append, room=1000,
    )  # fmt: skip
    is_watching = False
    # What the forest makes of it is tested elsewhere; here a candidate has to leave, with its crop.
    glints = [seen for seen in measurement.observations if seen.modality == "lens"]
    strongest = max(glints, key=lambda seen: seen.score)
    measurement = replace(
        measurement,
        observations=tuple(
            seen.model_copy(update={"score": CALLED_SCORE}) if seen is strongest else seen for seen in glints
        ),
    )
    filming = {"audit": list(events), "kernel": kernel.events()}
    with Outbox(home / "state" / "outbox", signer("demo"), tenant="demo-gu", subject="probe-demo-1") as outbox:
        result = Runner(
            source, outbox, room_key=AddressKey("room", b"r" * 32), control=control, on_event=lambda _: None,
            modalities=(Premade(measurement),),
        ).run()  # fmt: skip
    print(
        json.dumps(
            {
                "filming": filming,
                "updates": len(updates),
                "crops": len(measurement.crops),
                "observations": len(measurement.observations),
                "findings": [f.zone_id for f in result.report.findings],
                "report": result.report.model_dump(mode="json"),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
