// The board door: what main.c may ask of the ATmega328P. Only the files in this folder touch registers.
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

#include "core/envelope.h"
#include "core/lamps.h"
#include "core/messages.h"

// --- board.c
uint8_t board_init(void); // returns MCUSR of the last reset
uint32_t board_id(void);
void board_watchdog_kick(void);
void board_idle(void); // sleeps until the next interrupt

// --- uart.c
struct uart_counters {
    uint16_t overrun_bytes;
    uint16_t dropped_bytes;
};
void uart_init(void);
uint8_t uart_read(uint8_t *octet);                       // 0 when nothing waits
uint8_t uart_write(const uint8_t *octets, uint8_t size); // all or nothing; 0 when there is no room
void uart_counters_read(struct uart_counters *out);

// --- slots.c: the one periodic interrupt (timer 1, 31.25 kHz)
#define SLOT_EVENTS 8

struct slot_counters {
    uint16_t dropped_samples;
    uint16_t missed_slots;
    uint16_t dropped_windows;
    uint16_t dropped_events;
    uint16_t guard_trips;
    uint16_t silence_trips;
};
void slots_init(void);
uint32_t slots_tick(void);
void slots_counters_read(struct slot_counters *out);
void slots_rf_start(const struct msg_rf_start *m);
void slots_rf_stop(void);
uint8_t slots_take_window(struct msg_envelope_window *m); // 1 when a finished window was summarised into m
uint8_t slots_take_event(struct lamp_event *event);
uint8_t slots_take_lamps_off(uint32_t *tick); // reason, 0 when none
void slots_lamps_run(const struct lamp_schedule *s);
void slots_stimulus_run(const struct chip_sequence *s);
enum lamp_refusal slots_light_set(const struct msg_light_set *m);
void slots_lamps_stop(void);
void slots_host_heard(void);

#endif
