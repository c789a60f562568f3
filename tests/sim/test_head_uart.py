"""The emulated receiver against small programs that read it late, by polling or not at all."""

import subprocess
from pathlib import Path

import pytest

from sweep.sim.head.avr import Avr
from sweep.sim.head.uart import OCTET_CYCLES, Receiver

RESULTS = 0x200
PROGRAM = """
#include <avr/interrupt.h>
#include <avr/io.h>
static volatile uint8_t *const results = (uint8_t *)0x200; // pairs of status and octet
static void take(void) {{
    static uint8_t at;
    uint8_t status = UCSR0A;
    results[at++] = status;
    results[at++] = UDR0;
}}
ISR(USART_RX_vect) {{ take(); }}
int main(void) {{
    UCSR0A = _BV(U2X0);
    UBRR0 = 3;
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | {enable};
    {body}
    for (;;);
}}
"""
DEAF_CYCLES = 30 * OCTET_CYCLES
DEAF = f'for (uint16_t i = 0; i < {DEAF_CYCLES // 8}; i++) __asm__ volatile("nop\\nnop\\nnop\\nnop");'
POLL = "for (;;) if (UCSR0A & _BV(RXC0)) take();"
RXC0, FE0, DOR0 = 1 << 7, 1 << 4, 1 << 3


def run(tmp_path: Path, octets: bytes, body: str, enable: str = "0") -> tuple[list[tuple[int, int]], Receiver]:
    """(status, octet) of each read of a program that is sent `octets` without a pause, and the receiver afterwards."""
    source, elf = tmp_path / "program.c", tmp_path / "program.elf"
    source.write_text(PROGRAM.format(body=body, enable=enable), encoding="ascii")
    command = ["avr-gcc", "-std=gnu11", "-O1", "-mmcu=atmega328p", "-DF_CPU=16000000UL", "-o", str(elf), str(source)]
    subprocess.run(command, check=True)
    avr = Avr(elf)
    receiver = Receiver(avr)
    avr.run(500)
    receiver.send(octets)
    avr.run(100 * OCTET_CYCLES)
    memory = [avr.read_memory(RESULTS + at) for at in range(32)]
    reads = [(status & (RXC0 | FE0 | DOR0), octet) for status, octet in zip(memory[::2], memory[1::2], strict=True)]
    avr.close()
    return [read for read in reads if read != (0, 0)], receiver


@pytest.mark.parametrize("count", [1, 2, 3])
def test_three_octets_wait_for_a_program_that_is_late(count: int, tmp_path: Path) -> None:
    octets = bytes(range(0x41, 0x41 + count))
    reads, receiver = run(tmp_path, octets, DEAF + POLL)
    assert reads == [(RXC0, octet) for octet in octets]
    assert (receiver.overwritten, receiver.is_idle) == (0, True)


@pytest.mark.parametrize("count", [4, 7])
def test_a_fourth_overwrites_the_third_and_says_so(count: int, tmp_path: Path) -> None:
    octets = bytes(range(0x41, 0x41 + count))
    reads, receiver = run(tmp_path, octets, DEAF + POLL)
    # The flag stands until the octet behind the lost ones has moved up, which the first read makes happen.
    assert reads == [(RXC0 | DOR0, octets[0]), (RXC0, octets[1]), (RXC0, octets[-1])]
    assert receiver.overwritten == count - 3


def test_a_program_that_polls_gets_everything_and_no_interrupt_is_left(tmp_path: Path) -> None:
    octets = bytes(range(0x41, 0x4F))
    reads, receiver = run(tmp_path, octets, POLL)
    assert reads == [(RXC0, octet) for octet in octets]
    polled, _ = run(tmp_path, b"AB", DEAF + "take(); take(); sei();", "_BV(RXCIE0)")
    assert polled == [(RXC0, 0x41), (RXC0, 0x42)]
    assert receiver.overwritten == 0


def test_the_interrupt_comes_again_while_there_is_something_to_read(tmp_path: Path) -> None:
    reads, _ = run(tmp_path, b"ABC", DEAF + "sei();", "_BV(RXCIE0)")
    assert reads == [(RXC0, 0x41), (RXC0, 0x42), (RXC0, 0x43)]
    reads, receiver = run(tmp_path, bytes(range(0x41, 0x4F)), "sei();", "_BV(RXCIE0)")
    assert [octet for _, octet in reads] == list(range(0x41, 0x4F))
    assert receiver.overwritten == 0


def test_a_receiver_that_is_switched_off_hears_nothing(tmp_path: Path) -> None:
    reads, receiver = run(tmp_path, b"ABCD", "UCSR0B = 0;" + DEAF + "UCSR0B = _BV(RXEN0);" + POLL)
    assert reads == []
    assert receiver.unheard == 4


def test_a_write_of_the_data_register_takes_nothing_out_of_the_receiver(tmp_path: Path) -> None:
    reads, _ = run(tmp_path, b"AB", DEAF + "UDR0 = 0x55; UDR0 = 0x56;" + POLL)
    assert reads == [(RXC0, 0x41), (RXC0, 0x42)]
