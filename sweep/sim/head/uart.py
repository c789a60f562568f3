"""The receiver of an ATmega328P's UART as the chip has it: a buffer of two octets and the shift register behind it.
Octets come in at the line's own rate whether anybody takes them or not; one that begins while all three places are
taken overwrites the one in the shift register, and DOR0 says so until the next octet moves up. simavr's own receiver
holds 64 octets and waits for whoever is late, so it is left aside: this one raises the interrupt and answers the reads
of UDR0. Input is octets for the line, output what the program reads; it knows nothing of frames.
"""

from __future__ import annotations

from collections import deque

from sweep.sim.head.avr import Avr

BIT_CYCLES = 32  # 500 kbaud
OCTET_CYCLES = 10 * BIT_CYCLES  # start, eight bits, stop
ARRIVAL_CYCLES = OCTET_CYCLES - BIT_CYCLES // 2  # the stop bit is sampled in its middle
BUFFER_OCTETS = 2
UCSR0A, UCSR0B, UDR0 = 0xC0, 0xC1, 0xC6
RXC0, DOR0, RXEN0 = 1 << 7, 1 << 3, 1 << 4
RX_VECTOR = 18


class Receiver:
    """The receiving half of the UART of `avr`, in place of simavr's (ATmega328P datasheet, 20.7: data reception)."""

    def __init__(self, avr: Avr) -> None:
        self._avr = avr
        self._line: deque[int] = deque()
        """Octets that have not begun."""
        self._is_line_busy = False
        self._coming = 0
        self._buffer: deque[int] = deque()
        self._arrived: deque[int] = deque()
        """Cycles at which the octets that wait to be read were complete."""
        self._waiting: int | None = None
        """Octet that is complete in the shift register, while the buffer has no room."""
        self._is_overrun = False
        self._is_write = False
        self.overwritten = 0
        """Octets that were lost because nobody read."""
        self.unheard = 0
        """Octets that came while the receiver was switched off: during a reset."""
        self.longest_wait_cycles = 0
        """Between an octet that is complete and its being read."""
        avr.on_change("uar0", 1, self._on_write)
        avr.on_access(UDR0, self._on_access)
        avr.on_interrupt(RX_VECTOR, self._on_interrupt)

    @property
    def is_idle(self) -> bool:
        """Whether the line is silent."""
        return not self._is_line_busy

    def send(self, octets: bytes) -> None:
        """Queue octets for the line; they come one right behind the other."""
        self._line += octets
        if self._line and not self._is_line_busy:
            self._is_line_busy = True
            self._begin()

    def resume(self) -> None:
        """The controller was reset and has forgotten what was due; the other end of the line knows nothing of that."""
        self._forget()
        if self._is_line_busy:
            self._avr.call_after(OCTET_CYCLES, self._arrive)

    def _forget(self) -> None:
        self._buffer.clear()
        self._arrived.clear()
        self._waiting, self._is_overrun = None, False

    def _is_on(self) -> bool:
        return bool(self._avr.read_memory(UCSR0B) & RXEN0)

    def _begin(self) -> None:
        """The start bit of the next octet."""
        self._coming = self._line.popleft()
        if self._waiting is not None:
            self._waiting = None
            self._arrived.pop()
            self._is_overrun = True
            self.overwritten += 1
            self._show()
        self._avr.call_after(ARRIVAL_CYCLES, self._arrive)

    def _arrive(self) -> None:
        """The octet is complete."""
        self._arrived.append(self._avr.cycle)
        if not self._is_on():
            self._forget()
            self.unheard += 1
        elif len(self._buffer) < BUFFER_OCTETS:
            self._move_up(self._coming)
            self._avr.raise_interrupt(RX_VECTOR)
            self._show()
        else:
            self._waiting = self._coming
        self._avr.call_after(OCTET_CYCLES - ARRIVAL_CYCLES, self._end)

    def _end(self) -> None:
        if self._line:
            self._begin()
        else:
            self._is_line_busy = False

    def _move_up(self, octet: int) -> None:
        self._buffer.append(octet)
        self._is_overrun = False

    def _on_write(self, _: int) -> None:
        self._is_write = True

    def _on_access(self, _: int) -> None:
        """The program has read UDR0, or written it: what it reads is put where simavr takes it from."""
        if self._is_write:
            self._is_write = False
            return
        if self._buffer:
            self._avr.write_memory(UDR0, self._buffer.popleft())
            self.longest_wait_cycles = max(self.longest_wait_cycles, self._avr.cycle - self._arrived.popleft())
        if self._waiting is not None:
            self._move_up(self._waiting)
            self._waiting = None
        self._avr.clear_interrupt(RX_VECTOR)
        if self._buffer:  # the flag is a level: it stays while there is something to read
            self._avr.raise_interrupt(RX_VECTOR)
        self._show()

    def _on_interrupt(self, is_running: int) -> None:
        if is_running:  # simavr takes the flag back when the handler begins; on the chip only reading does
            self._show()

    def _show(self) -> None:
        status = self._avr.read_memory(UCSR0A) & ~(RXC0 | DOR0)
        status |= RXC0 * bool(self._buffer) | DOR0 * self._is_overrun
        self._avr.write_memory(UCSR0A, status)
