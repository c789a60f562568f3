// The board door: what main.c may ask of the ATmega328P. Only the files in this folder touch registers.
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

#include "core/envelope.h"
#include "core/frame.h"
#include "core/imu.h"
#include "core/lamps.h"
#include "core/messages.h"
#include "core/tuner.h"

// --- board.c
uint8_t board_init(void); // returns why the controller was reset (core/reset_cause.h)
uint32_t board_id(void);
// Low part of the slots' count: no kick while it stands still, because then nobody watches the lamps.
void board_watchdog_kick(uint8_t tick);
void board_idle(void);      // sleeps until the next interrupt
uint8_t board_button(void); // 1 while it is pressed
void board_buzzer(uint8_t is_on);
void board_tuner_write(uint32_t word); // 25 bits, lowest first
// Output lines by bit as in core/self_test.h, one where the level is not that of rest.
uint16_t board_lines(void);
void board_tuner_lines(uint16_t moved); // of the tuner's three

// --- uart.c
struct uart_counters {
    uint16_t overrun_bytes;
    uint16_t dropped_bytes;
};
void uart_init(void);
uint8_t uart_read(uint8_t *octet); // 0 when nothing waits
uint8_t uart_has_room(uint8_t size);
uint8_t uart_begin(struct frame_writer *w, uint8_t size); // behind what is being sent; 0 without room
void uart_end(struct frame_writer *w);                    // and is sent
void uart_delimit(void);                                  // ends what the host has heard so far; into an empty ring
void uart_counters_read(struct uart_counters *out);

// --- twi.c: the inertial sensor's bus
void twi_init(void);
void twi_begin(const struct imu_transfer *t, uint16_t tick); // one at a time, until twi_poll said how it ended
enum imu_outcome twi_poll(uint16_t tick);                    // IMU_PENDING while there is nothing to say
uint16_t twi_recoveries(void);

// --- slots.c and its parts: the one periodic interrupt (timer 1, 31.25 kHz)
#define SLOT_EVENTS 4
#define RAW_SAMPLES_MAX 512
#define RAW_PIECE 64 // samples of a message
enum house_value { HOUSE_BATTERY, HOUSE_BANDGAP, HOUSE_TEMPERATURE, HOUSE_DETECTOR, HOUSE_RSSI };
#define HOUSEKEEPING_VALUES 3 // of each second
#define CHANNEL_VALUES 5      // of the self test

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
void slots_rf_raw(const struct msg_rf_raw *m); // stops the windows
// The next piece of a finished run, 0 when there is none. `piece` is what stands before the samples in the message.
struct raw_piece {
    uint32_t tick;
    uint16_t total;
    uint16_t offset;
    uint8_t dropped;
    uint8_t count;
};
const uint8_t *slots_take_raw(struct raw_piece *piece);
struct tuner *slots_tuner(void);
void slots_house_begin(uint8_t values);       // read the first `values` of the channels anew
uint8_t slots_has_house(uint8_t values);      // 1 when so many are there; stays so until the next begin
uint16_t slots_house(enum house_value which); // counts
uint32_t slots_given(void);                   // slots that the detector gave away since reset
uint8_t slots_take_event(struct lamp_event *event);
uint8_t slots_take_lamps_off(uint32_t *tick); // reason, 0 when none
enum lamp_refusal slots_lamps_run(const struct msg_lamp_run *m, uint16_t *clamped_slots);
enum lamp_refusal slots_red_flash(const struct red_burst *b);
uint8_t slots_is_lamp_running(void); // a schedule or a red burst
void slots_stimulus_run(const struct chip_sequence *s);
enum lamp_refusal slots_light_set(const struct msg_light_set *m);
void slots_lamps_stop(void);
void slots_host_heard(void);

#endif
