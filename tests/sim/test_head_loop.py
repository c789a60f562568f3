"""The loop of the emulated head, compiled and in Python: the same bytes, edges, cycles, and the same end of a crash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sweep.host.compiled import SOURCES
from sweep.link.frame import Received
from sweep.link.messages import RfStart
from sweep.sim.head import loop as head_loop
from sweep.sim.head.avr import EmulatorError
from sweep.sim.head.loop import LIBRARY, load_kernel
from sweep.sim.head.machine import Edge, HeadMachine
from sweep.sim.head.scene import Emitter, RfScene
from tests.compiled import UNDEFINED_TRAPS, build

from .head_kit import Host, built_elf, lamp_run


@pytest.fixture(scope="module")
def kernel(host_cc: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    library = tmp_path_factory.mktemp("kernel") / LIBRARY
    found = load_kernel(build(host_cc, library, *UNDEFINED_TRAPS, folder=SOURCES[LIBRARY]))
    assert found is not None
    return found


def played(kernel: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Received], list[Edge], int]:
    """What a head says, does and takes that listens and strobes, with the button held for a while."""
    monkeypatch.setattr(head_loop, "KERNEL", kernel)
    scene = RfScene((Emitter("wifi", -35.0),), presses_s=((0.1, 0.15),))
    host = Host(scene, is_watching_pins=True)
    for command in (RfStart(3125, 700, 8), lamp_run((1, 2, 0), exposure=36, pulse=32)):
        host.send(command)
    host.run(0.3, keep_alive=True)
    cycle = host.machine.avr.cycle
    host.machine.close()
    return host.received, host.machine.edges, cycle


def test_both_loops_do_the_same(kernel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, compiled = played(None, monkeypatch), played(kernel, monkeypatch)
    assert plain == compiled
    said, edges, _ = plain
    assert len(said) > 3
    assert {"strobe", "camera_trigger"} <= {edge.pin for edge in edges}


@pytest.mark.parametrize("is_compiled", [False, True])
def test_a_program_that_crashes_ends_the_run(
    kernel: Any, monkeypatch: pytest.MonkeyPatch, *, is_compiled: bool
) -> None:
    monkeypatch.setattr(head_loop, "KERNEL", kernel if is_compiled else None)
    machine = HeadMachine(RfScene(), built_elf())
    machine.avr.load_flash(0, b"\x00\x92\xff\xff")  # sts 0xffff, r0: no such memory
    with pytest.raises(EmulatorError, match="crashed at cycle"):
        machine.run(0.1)
    machine.close()


def test_a_library_of_another_source_is_not_used(host_cc: str, tmp_path: Path) -> None:
    library = build(host_cc, tmp_path / LIBRARY, digest="0" * 64, folder=SOURCES[LIBRARY])
    assert load_kernel(library) is None
    assert load_kernel(tmp_path / "none.so") is None
