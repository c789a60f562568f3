// The board door: what main.c may ask of the ATmega328P. Only the files in this folder touch registers.
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

#include "core/envelope.h"
#include "core/lamps.h"
#include "core/messages.h"
#include "core/tuner.h"

// --- board.c
uint8_t board_init(void); // returns MCUSR of the last reset
uint32_t board_id(void);
void board_watchdog_kick(void);
void board_idle(void);      // sleeps until the next interrupt
uint8_t board_button(void); // 1 while it is pressed
void board_buzzer(uint8_t is_on);
void board_tuner_write(uint32_t word); // 25 bits, lowest first

// --- uart.c
struct uart_counters {
    uint16_t overrun_bytes;
    uint16_t dropped_bytes;
};
void uart_init(void);
uint8_t uart_read(uint8_t *octet); // 0 when nothing waits
uint8_t uart_has_room(uint8_t size);
uint8_t uart_write(const uint8_t *octets, uint8_t size); // all or nothing; 0 when there is no room
void uart_counters_read(struct uart_counters *out);

// --- slots.c and its parts: the one periodic interrupt (timer 1, 31.25 kHz)
#define SLOT_EVENTS 4
#define RAW_SAMPLES_MAX 512
#define HOUSEKEEPING_VALUES 3

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
struct envelope *slots_full_window(void); // a finished one, 0 when there is none; give it back
void slots_free_window(struct envelope *window);
uint16_t slots_window_slots(void);
void slots_rf_raw(const struct msg_rf_raw *m);    // stops the windows
uint8_t slots_take_raw(struct msg_rf_samples *m); // 1 when the next piece of a finished run stands in m
struct tuner *slots_tuner(void);
void slots_house_begin(void);                         // read battery, reference and temperature anew
uint8_t slots_take_house(struct msg_housekeeping *m); // 1 when they are all there; stays so until the next begin
uint8_t slots_take_event(struct lamp_event *event);
uint8_t slots_take_lamps_off(uint32_t *tick); // reason, 0 when none
void slots_lamps_run(const struct lamp_schedule *s);
void slots_stimulus_run(const struct chip_sequence *s);
enum lamp_refusal slots_light_set(const struct msg_light_set *m);
void slots_lamps_stop(void);
void slots_host_heard(void);

#endif
