"""Ten ways to end a declaration and more, with real processes and real kills: when the camera's supply fell.

`pytest tests/power/test_endings.py -s` prints the recorded edges.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from sweep.modality.liveness import boottime_ns
from sweep.sim.head.emulated import EmulatedHead, RfScene
from tests.power.rig import DARK_WITHIN_MS, Rig
from tests.sim.head_kit import built_elf
from tests.simulators.gpio_kernel import GpioKernel, Kernel
from tests.waiting import wait_until


@pytest.fixture(params=["strict", "lax"])
def chip(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GpioKernel]:
    with GpioKernel(tmp_path / "gpiochip", kernel=request.param) as kernel:
        kernel.read_config_txt()
        yield kernel


@pytest.fixture
def rig(chip: GpioKernel) -> Iterator[Rig]:
    with Rig(chip) as rig:
        yield rig


def is_past(t_ns: int) -> bool:
    return boottime_ns() >= t_ns


def record(way: str, rig: Rig, at_ns: int) -> float:
    """The row of the table; how long the line stayed high after the ending."""
    dark_ms = rig.dark_after_ms(at_ns)
    edges = "  ".join(
        f"{(edge.t_ns - at_ns) / 1e6:+9.1f} ms {'high' if edge.level else 'low'}" for edge in rig.kernel.edges
    )
    print(f"\n{rig.kernel.kernel:6}  {way:22} {edges}")
    return dark_ms


@pytest.mark.parametrize("way", ["someone_came_in", "finish", "abort"])
def test_a_persons_word_ends_it(rig: Rig, way: str) -> None:
    rig.light()
    assert record(way, rig, rig.order(way)) < DARK_WITHIN_MS


def test_the_deadline_ends_it(rig: Rig) -> None:
    at_ns = rig.order("expire_in 0.4") + 400_000_000
    wait_until(lambda: rig.kernel.level == 1, "the line never rose")
    dark_ms = record("expiry", rig, at_ns)
    assert 0.0 <= dark_ms < DARK_WITHIN_MS


@pytest.mark.parametrize(
    "names",
    [("giver",), ("holder",), ("guard",), ("camera",), ("giver", "holder"), ("giver", "guard"), ("holder", "guard")],
    ids="+".join,
)
def test_the_death_of_a_process_ends_it(rig: Rig, names: tuple[str, ...]) -> None:
    rig.light()
    assert record("kill -9 " + "+".join(names), rig, rig.kill(*names)) < DARK_WITHIN_MS


OTHERS = [("TERM",), ("HUP",), ("TERM", "TERM"), ("INT", "TERM")]


@pytest.mark.parametrize(
    "numbers",
    [("TERM", "CONT", "HUP"), *(pytest.param(one, marks=pytest.mark.soak) for one in OTHERS)],
    ids="+".join,
)
def test_the_stop_of_a_service_ends_it_whatever_all_its_processes_are_told_at_once(
    rig: Rig, numbers: tuple[str, ...]
) -> None:
    """systemd, KillMode=control-group; with SendSIGHUP=yes. What is left gets SIGKILL later."""
    rig.light()
    at_ns = boottime_ns()
    for number in numbers:
        for name in rig.pids:
            rig.send(name, signal.Signals[f"SIG{number}"])
    assert record("all: " + "+".join(numbers), rig, at_ns) < DARK_WITHIN_MS
    rig.kill(*rig.pids)
    assert [edge.level for edge in rig.kernel.edges] == [1, 0]


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=pytest.mark.soak)])
def test_when_the_first_process_of_a_service_is_gone_the_others_may_be_killed(rig: Rig, number: signal.Signals) -> None:
    """systemd, KillMode=mixed: SIGTERM for the first, SIGKILL for the others once it has gone."""
    rig.light()
    at_ns = boottime_ns()
    rig.send("giver", number)
    rig.wait_for_giver()
    rig.kill(*(rig.pids.keys() - {"giver"}))
    if rig.kernel.kernel == "strict" or number == signal.SIGTERM:
        assert record(f"{number.name}, then SIGKILL", rig, at_ns) < DARK_WITHIN_MS
        assert [edge.level for edge in rig.kernel.edges] == [1, 0], "nor did it rise again"


def test_a_reboot_ends_it_and_the_pi_s_pull_up_does_not_raise_it(chip: GpioKernel) -> None:
    with Rig(chip) as rig:
        rig.light()
        at_ns = boottime_ns()
        chip.power_on()
        rig.kill("giver", "holder", "guard", "camera")
        chip.read_config_txt()
        assert record("reboot", rig, at_ns) < DARK_WITHIN_MS
        wait_until(lambda: not chip.is_claimed, "a claim outlasted its process")
    assert [edge.level for edge in chip.edges] == [1, 0]


def test_the_boards_of_earlier_drawings_had_power_from_the_first_second(tmp_path: Path) -> None:
    with GpioKernel(tmp_path / "gpiochip", board_ohm=100_000.0) as chip:
        assert chip.level == 1
        chip.read_config_txt()
        assert chip.level == 0


def test_with_all_three_dead_at_once_only_the_kernel_is_left(chip: GpioKernel) -> None:
    """What remains of a lax kernel, which is why a sweep refuses it; the next start heals it."""
    with Rig(chip) as rig:
        rig.light()
        at_ns = rig.kill("giver", "holder", "guard")
        wait_until(lambda: not chip.is_claimed, "the claim never ended")
        if chip.kernel == "strict":
            assert record("kill -9 of all three", rig, at_ns) < DARK_WITHIN_MS
        else:
            print(f"\nlax     kill -9 of all three   stays {'high' if chip.level else 'low'} until the next start")
            assert chip.level == 1
    with Rig(chip):
        assert chip.level == 0


def test_a_holder_that_hangs_is_ended_by_the_guard(rig: Rig) -> None:
    rig.light()
    rig.send("holder", signal.SIGSTOP)
    assert record("finish, holder hangs", rig, rig.order("finish")) < DARK_WITHIN_MS


@pytest.mark.parametrize("way", ["finish", "abort"])
def test_when_holder_and_guard_both_hang_the_sweep_ends_them(rig: Rig, way: str) -> None:
    rig.light()
    rig.send("guard", signal.SIGSTOP)
    rig.send("holder", signal.SIGSTOP)
    assert record(f"{way}, both hang", rig, rig.order(way)) < DARK_WITHIN_MS


def test_a_terminal_that_takes_no_more_does_not_keep_the_end_from_the_line(rig: Rig) -> None:
    """Ctrl-S: who prints the sweep's state waits, and so does whoever would tell of its end."""
    rig.light()
    assert record("finish, told to nobody", rig, rig.order("finish_unheard")) < DARK_WITHIN_MS


def test_a_sweep_that_hangs_loses_the_power(rig: Rig) -> None:
    """Ctrl-Z: nobody would hear the stop button."""
    rig.light()
    at_ns = boottime_ns()
    rig.send("giver", signal.SIGSTOP)
    assert record("Ctrl-Z", rig, at_ns) < 2_200.0


def test_power_that_was_cut_comes_back_with_a_new_declaration_only(rig: Rig) -> None:
    rig.light()
    rig.dark_after_ms(rig.kill("holder"))
    rig.light()
    assert [edge.level for edge in rig.kernel.edges] == [1, 0, 1]


def test_one_person_under_two_spellings_gets_nothing(rig: Rig) -> None:
    rig.order("declare_alone")
    rig.light()
    assert [edge.level for edge in rig.kernel.edges] == [1]


@pytest.mark.wall_clock("processes and the emulated head hand a press on within the deadline of the line")
@pytest.mark.parametrize("way", ["button", "unplugged head", "kill -9 head"])
def test_the_head_ends_it(chip: GpioKernel, way: str) -> None:
    """The real firmware, kept to wall time."""
    emulated = EmulatedHead(RfScene(), built_elf(), paced=True)
    with emulated, Rig(chip, emulated.port) as rig:
        rig.await_word("HeadState")
        rig.light()
        at_ns = boottime_ns()
        match way:
            case "button":
                emulated.hold_button(is_pressed=True)
            case "unplugged head":
                emulated.unplug()
            case _:
                at_ns = rig.kill("head")
        assert record(way, rig, at_ns) < DARK_WITHIN_MS


def test_without_the_head_nobody_has_a_button_and_there_is_no_power(tmp_path: Path) -> None:
    """Neither before it is there nor after its process died, whatever is declared."""
    with GpioKernel(tmp_path / "gpiochip") as chip, Rig(chip, str(tmp_path / "no-port")) as rig:
        rig.await_word("HeadState")
        for victim in ((), ("head",)):
            at_ns = rig.order("declare")
            rig.kill(*victim)
            rig.order("declare")
            wait_until(partial(is_past, at_ns + 500_000_000), "the clock stands")
        assert chip.edges == []


@pytest.mark.soak
@pytest.mark.parametrize("kernel", ["strict", "lax"])
@pytest.mark.parametrize("seed", range(40))
def test_any_ending_at_any_moment_leaves_it_dark(kernel: Kernel, seed: int, tmp_path: Path) -> None:
    """From before the line rises to long after; one process at least outlives the others."""
    chance = random.Random(seed)
    victims = chance.sample(["giver", "holder", "guard"], chance.choice([1, 2]))
    with GpioKernel(tmp_path / "gpiochip", kernel=kernel) as chip, Rig(chip) as rig:
        chip.read_config_txt()
        strike_ns = rig.order("declare") + chance.randrange(60_000_000)
        wait_until(lambda: boottime_ns() >= strike_ns, "the clock stands")
        at_ns = rig.kill(*victims)
        wait_until(lambda: boottime_ns() >= at_ns + 1_000_000_000, "the clock stands")
        before, after = ([edge for edge in chip.edges if (edge.t_ns < at_ns) == is_so] for is_so in (True, False))
        if before and before[-1].level == 1:
            assert (after[0].t_ns - at_ns) / 1e6 < DARK_WITHIN_MS
        if "giver" in victims:  # else it starts the others anew, for a declaration that it had not given yet
            assert chip.level == 0
            assert all((edge.t_ns - at_ns) / 1e6 < DARK_WITHIN_MS for edge in after)
