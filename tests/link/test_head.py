"""The owner of the line against a scripted port: handshake, refusals, losses; recorded files of every wrong kind."""

import itertools
import os
import pty
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.link import messages
from sweep.link.decode import Decoder, check_protocol
from sweep.link.frame import FrameReader, Received, encode
from sweep.link.head import Head, HeadError, HeadRefused, Losses, PortError, SerialPort, WrongFirmware
from sweep.link.readings import is_port, read_windows, rf_windows
from sweep.link.recording import read_recording

IDENTITY = messages.Identity(
    messages.PROTOCOL_VERSION, messages.TABLE_CRC, b"0a1b2c3d", 0xFFFFFFFF, messages.SLOT_NS, 2500, 1
)


def window(index: int, *, dropped: int = 0, samples: int = 3125) -> messages.EnvelopeWindow:
    return messages.EnvelopeWindow(
        1000 + 3125 * index,
        index & 0xFFFF,
        3125,
        samples,
        dropped,
        samples * 800,
        700,
        843,
        750,
        834,
        842,
        samples // 4,
        31,
        30,
        62,
        402,
    )


class ScriptedPort(SerialPort):
    """A port whose other side is a function from a received command to messages; time passes with each read."""

    def __init__(self, answer: Callable[[messages.Message, int], list[messages.Message]]) -> None:
        self.device = "scripted"
        self._answer = answer
        self._reader = FrameReader(is_to_host=False)
        self._out = bytearray()
        self._seq = itertools.count()
        self.now_ns = 5_000_000_000
        self.commands: list[messages.Message] = []

    def say(self, *sent: messages.Message) -> None:
        for message in sent:
            self._out += encode(message, next(self._seq) & 0xFF)

    def read(self) -> bytes:
        self.now_ns += 50_000_000
        data, self._out = bytes(self._out), bytearray()
        return data

    def write(self, data: bytes) -> None:
        for event in self._reader.feed(data):
            assert isinstance(event, Received)
            self.commands.append(event.message)
            self.say(*self._answer(event.message, event.seq))

    def close(self) -> None:
        pass


def honest(message: messages.Message, seq: int) -> list[messages.Message]:
    match message:
        case messages.Identify():
            return [IDENTITY]
        case messages.RfStart():
            return [messages.Accepted(message.ID, seq, 0), *(window(index) for index in range(5))]
        case _ if message.IS_ACKNOWLEDGED:
            return [messages.Accepted(message.ID, seq, 0)]
        case _:
            return []


def open_head(port: ScriptedPort) -> Head:
    return Head(port, now_ns=lambda: port.now_ns)


def test_windows_come_as_contract_records() -> None:
    port = ScriptedPort(honest)
    head = open_head(port)
    records = list(rf_windows(head, 0.5))
    assert len(records) == 5
    first = records[0]
    assert (first.receiver, first.centre_mhz, first.samples, first.dropped) == ("log_detector", None, 3125, 0)
    assert first.duration_s == pytest.approx(0.1)
    assert first.mean_counts == 800
    assert first.duty_cycle == pytest.approx(781 / 3125)
    assert first.t_ns > 4_000_000_000
    assert head.losses == Losses(rejected=head.losses.rejected)
    assert not head.losses.rejected
    assert [c for c in port.commands if isinstance(c, messages.RfStop)] == [messages.RfStop()]


@pytest.mark.parametrize(
    "identity",
    [
        messages.Identity(1, messages.TABLE_CRC, b"0a1b2c3d", 0, 32000, 2500, 1),
        messages.Identity(2, messages.TABLE_CRC, b"0a1b2c3d", 0, 32000, 2500, 1),
        messages.Identity(3, messages.TABLE_CRC ^ 1, b"0a1b2c3d", 0, 32000, 2500, 1),
    ],
)
def test_another_protocol_or_table_refuses_and_says_what_to_flash(identity: messages.Identity) -> None:
    port = ScriptedPort(lambda message, _seq: [identity] if isinstance(message, messages.Identify) else [])
    with pytest.raises(WrongFirmware, match="flash the firmware of this release") as error:
        open_head(port)
    assert "\n" not in str(error.value)
    assert {type(command) for command in port.commands} == {messages.Identify}


def test_a_silent_device_is_one_clear_error() -> None:
    with pytest.raises(HeadError, match="answers like a sensor head"):
        open_head(ScriptedPort(lambda _message, _seq: []))


def test_a_refused_command_and_a_head_that_falls_silent() -> None:
    def refusing(message: messages.Message, seq: int) -> list[messages.Message]:
        return [messages.Refused(message.ID, seq, 1)] if isinstance(message, messages.RfStart) else honest(message, seq)

    with pytest.raises(HeadError, match="refused RfStart"):
        list(rf_windows(open_head(ScriptedPort(refusing)), 0.5))
    with pytest.raises(HeadError, match="fell silent"):
        list(rf_windows(open_head(ScriptedPort(honest)), 10.0))


def test_a_command_that_is_lost_is_sent_again_and_counted() -> None:
    deaf = [2]

    def hard_of_hearing(message: messages.Message, seq: int) -> list[messages.Message]:
        if isinstance(message, messages.RfStart) and deaf[0]:
            deaf[0] -= 1
            return []
        return honest(message, seq)

    port = ScriptedPort(hard_of_hearing)
    head = open_head(port)
    assert len(list(rf_windows(head, 0.5))) == 5
    assert sum(isinstance(command, messages.RfStart) for command in port.commands) == 3
    assert (head.losses.repeated_commands, head.losses.unanswered_commands) == (2, 0)


@pytest.mark.parametrize("is_posted", [False, True])
def test_a_head_that_answers_nothing_is_one_clear_error_and_counted(is_posted: bool) -> None:
    port = ScriptedPort(lambda message, _seq: [IDENTITY] if isinstance(message, messages.Identify) else [])
    head = open_head(port)
    began_ns = port.now_ns

    def command_it() -> None:
        if not is_posted:
            head.ask(messages.RfStop())
        head.send(messages.RfStop())
        while port.now_ns - began_ns < 10_000_000_000:
            head.receive()

    with pytest.raises(HeadError, match="did not answer RfStop, sent 4 times within 2 s: check its cable") as error:
        command_it()
    assert "\n" not in str(error.value)
    assert port.now_ns - began_ns == pytest.approx(2.0e9, abs=0.2e9)
    assert sum(isinstance(command, messages.RfStop) for command in port.commands) == 4
    assert any(isinstance(command, messages.KeepAlive) for command in port.commands), "the lamps would have gone off"
    assert (head.losses.repeated_commands, head.losses.unanswered_commands) == (3, 1)


def test_a_command_that_nobody_waits_for_is_still_refused_aloud() -> None:
    def refusing(message: messages.Message, seq: int) -> list[messages.Message]:
        return [messages.Refused(message.ID, seq, 2)] if isinstance(message, messages.LampRun) else honest(message, seq)

    head = open_head(ScriptedPort(refusing))
    head.send(messages.LampRun(100, 90, 1, bytes(6), bytes((62,) * 6), bytes(6), 0))
    with pytest.raises(HeadRefused, match=r"refused LampRun \(reason 2\)"):
        head.receive()
    assert head.receive() == []


def test_what_arrives_while_a_command_waits_for_its_answer_is_kept() -> None:
    """The button may be pressed just then."""

    def busy(message: messages.Message, seq: int) -> list[messages.Message]:
        if not isinstance(message, messages.RfStart):
            return honest(message, seq)
        before: list[messages.Message] = [window(7), messages.Button(5, 1), messages.LampsOff(6, 1)]
        return [*before, messages.Accepted(message.ID, seq, 0), window(0)]

    head = open_head(ScriptedPort(busy))
    head.ask(messages.RfStart(3125, 767, 8))
    kinds = [type(event.message) for event in head.receive()]
    # The window before the answer is one of the run that ends with it.
    assert kinds == [messages.Button, messages.LampsOff, messages.Accepted, messages.EnvelopeWindow]


def test_a_head_that_restarts_while_it_measures_is_no_endless_wait() -> None:
    def restarting(message: messages.Message, seq: int) -> list[messages.Message]:
        if isinstance(message, messages.RfStart):
            port._seq = itertools.count()  # as after a reset
            return [IDENTITY, messages.Accepted(message.ID, seq, 0)]
        return honest(message, seq)

    port = ScriptedPort(restarting)
    port.say(IDENTITY)
    with pytest.raises(HeadError, match="restarted while it measured"):
        list(rf_windows(open_head(port), 0.5))


def test_the_head_is_kept_alive_while_windows_are_read() -> None:
    port = ScriptedPort(honest)
    list(rf_windows(open_head(port), 0.5))
    assert any(isinstance(command, messages.KeepAlive) for command in port.commands)


def test_losses_are_counted_by_kind() -> None:
    decoder = Decoder()
    frames = [encode(IDENTITY, 0), encode(messages.Accepted(messages.RfStart.ID, 1, 0), 1)]
    frames += [encode(window(0), 2), encode(window(3, dropped=7, samples=3118), 9), b"\x03\x11\x22\0"]
    frames.append(encode(messages.Counters(1, 0, 0, 0, 0, 6, 7, 0, 2, 0, 0, 0), 10))
    decoder.feed(b"".join(frames))
    losses = decoder.losses
    assert losses.missing_messages == 6
    assert losses.missing_windows == 2
    assert losses.dropped_samples == 7
    assert dict(losses.rejected) == {"too_short": 1}
    assert losses.head is not None
    assert losses.head.tx_dropped_messages == 6
    assert losses.restarts == 0
    decoder.feed(encode(IDENTITY, 0))
    assert losses.restarts == 1
    assert losses.missing_messages == 6


@pytest.mark.parametrize("answers_at", [(0,), (0, 2), (3,), (1, 4), ()])
def test_answers_that_come_late_or_twice_make_no_losses(answers_at: tuple[int, ...]) -> None:
    """A run of windows ends, the next begins anew at 0; its answer may be lost, and come with a repetition."""
    decoder = Decoder()
    seq = itertools.count()
    accepted = messages.Accepted(messages.RfStart.ID, 4, 0)
    said: list[messages.Message] = [IDENTITY, messages.Accepted(messages.RfStart.ID, 3, 0)]
    said += [window(index) for index in range(7)]
    for index in range(6):
        if index in answers_at:
            said.append(accepted)
        said.append(window(index))
    decoder.feed(b"".join(encode(message, next(seq) & 0xFF) for message in said))
    assert decoder.losses.missing_windows == decoder.losses.missing_messages == 0
    decoder.feed(encode(accepted, next(seq)) + encode(window(9), next(seq)))
    assert decoder.losses.missing_windows in {3, 9}, "what is missing is missing, late answer or not"


def test_sequence_numbers_wrap_without_a_loss() -> None:
    decoder = Decoder()
    decoder.feed(encode(IDENTITY, 254) + b"".join(encode(window(i), (255 + i) & 0xFF) for i in range(600)))
    assert decoder.losses.missing_messages == 0
    assert decoder.losses.missing_windows == 0


# --- recordings -------------------------------------------------------------------------------------------------------


def write_recording(path: Path, windows: int = 20, identity: messages.Identity = IDENTITY) -> Path:
    frames = [encode(identity, 0), encode(messages.Accepted(messages.RfStart.ID, 0, 0), 1)]
    frames += [encode(window(index), index + 2) for index in range(windows)]
    path.write_bytes(b"".join(frames))
    return path


def test_a_recording_is_read_with_times_from_its_ticks(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "rf.bin")
    losses: list[Losses] = []
    records = list(read_windows(str(path), 1.0, start_ns=7_000, losses=losses))
    assert [record.t_ns for record in records] == [7_000 + 100_000_000 * n for n in range(10)]
    assert len(losses) == 1
    assert losses[0].missing_windows == 0


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_recording_of_an_older_table_or_protocol_is_read(version: int, tmp_path: Path) -> None:
    old = messages.Identity(version, 12345, b"00000000", 0, 32000, 2500, 1)
    assert len(list(read_recording(write_recording(tmp_path / "rf.bin", identity=old)))) == 20
    other = messages.Identity(9, 12345, b"00000000", 0, 32000, 2500, 1)
    with pytest.raises(WrongFirmware):
        list(read_recording(write_recording(tmp_path / "rf.bin", identity=other)))
    check_protocol(old)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b"\xff\xd8\xff\xe0" + b"JFIF" * 3000, "is not a recording"),
        (b"\0" * 50_000, "is not a recording"),
        (b"zone,level\nstall-1,-40\n", "is not a recording"),
        (encode(window(0), 0), "does not begin with the sensor head's identity"),
    ],
)
def test_a_file_that_is_no_recording_is_one_clear_line(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "some.bin"
    path.write_bytes(content)
    with pytest.raises(HeadError, match=complaint) as error:
        list(read_windows(str(path), 10))
    assert "\n" not in str(error.value)


def test_a_missing_file_a_folder_and_a_missing_port(tmp_path: Path) -> None:
    for source in (tmp_path / "none.bin", tmp_path):
        with pytest.raises(HeadError, match="cannot read"):
            list(read_windows(str(source), 1))
    assert not is_port(str(tmp_path / "none.bin"))
    assert is_port("/dev/null")
    with pytest.raises(PortError, match="cannot open"):
        SerialPort(str(tmp_path / "ttyUSB9"))


class PulledWhileDraining:
    """A port whose device goes between the write and the end of its output."""

    def write(self, data: bytes) -> int:
        return len(data)

    def flush(self) -> None:
        raise termios.error(5, "Input/output error")

    def close(self) -> None:
        """Nothing to give back."""


def test_a_head_that_is_pulled_while_output_is_awaited_is_gone() -> None:
    master, slave = pty.openpty()
    with SerialPort(os.ttyname(slave)) as port:
        port.__dict__["_serial"] = PulledWhileDraining()
        with pytest.raises(PortError, match="takes no data"):
            port.write(b"\0")
    os.close(master)
    os.close(slave)


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=50))
def test_a_damaged_recording_is_counted_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, at: int, noise: bytes
) -> None:
    path = write_recording(tmp_path_factory.mktemp("damaged") / "rf.bin", windows=30)
    data = bytearray(path.read_bytes())
    at = 100 + at % (len(data) - 200)
    data[at : at + len(noise)] = noise
    path.write_bytes(data)
    losses: list[Losses] = []
    records = list(read_windows(str(path), 60, losses=losses))
    assert len(records) >= 27
    missing = 30 - len(records)
    assert losses[0].missing_windows + losses[0].empty_windows <= missing + 1
    assert losses[0].missing_messages <= 3


def test_a_truncated_recording_gives_the_whole_windows(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "rf.bin")
    path.write_bytes(path.read_bytes()[:-5])
    assert len(list(read_windows(str(path), 60))) == 19
