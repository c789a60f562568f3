#include "results.h"

#include "board/atmega328p/board.h"
#include "board/atmega328p/pins.h"
#include "commands.h"
#include "controls.h"
#include "core/tuner.h"
#include "motion.h"
#include "send.h"
#include "testing.h"

#ifndef FIRMWARE_GIT
#define FIRMWARE_GIT "unknown-"
#endif

#define COUNTERS_EVERY_SLOTS 31250UL // 1 s

static uint8_t reset_cause;
static uint32_t counters_due;
static uint8_t histogram_every;
static uint8_t is_house_sent;

void results_init(uint8_t cause)
{
    reset_cause = cause;
    counters_due = COUNTERS_EVERY_SLOTS;
}

void results_histogram_every(uint8_t every)
{
    histogram_every = every;
}

void send_identity(void)
{
    struct msg_identity m = {
        .protocol_version = PROTOCOL_VERSION,
        .table_crc = MESSAGE_TABLE_CRC,
        .board_id = board_id(),
        .slot_ns = SLOT_US * 1000UL,
        .adc_reference_mv = ADC_REFERENCE_MV,
        .reset_cause = reset_cause,
    };
    memcpy(m.firmware_git, FIRMWARE_GIT, sizeof m.firmware_git);
    SEND(identity, IDENTITY, &m);
}

void send_counters(void)
{
    struct uart_counters u;
    struct slot_counters s;
    uart_counters_read(&u);
    slots_counters_read(&s);
    struct msg_counters m = {
        .tick = slots_tick(),
        .rx_overrun_bytes = u.overrun_bytes,
        .rx_dropped_bytes = u.dropped_bytes,
        .rx_bad_frames = rx_bad_frames,
        .rx_unknown_messages = rx_unknown_messages,
        .tx_dropped_messages = tx_dropped_messages,
        .dropped_samples = s.dropped_samples,
        .missed_slots = s.missed_slots,
        .dropped_windows = s.dropped_windows,
        .dropped_events = s.dropped_events,
        .guard_trips = s.guard_trips,
        .silence_trips = s.silence_trips,
    };
    SEND(counters, COUNTERS, &m);
}

static void send_event(const struct lamp_event *event)
{
    uint32_t now = slots_tick() + 1; // it may be of the boundary to come
    uint32_t tick = now - (uint16_t)(now - event->tick);
    if (event->kind == LAMP_EVENT_EXPOSURE) {
        struct msg_exposure m = {
            .tick = tick,
            .trigger = event->number,
            .phase = event->value,
            .lit_slots = event->lit_slots,
        };
        SEND(exposure, EXPOSURE, &m);
    } else {
        struct msg_chip m = {.tick = tick, .index = (uint8_t)event->number, .level = event->value};
        SEND(chip, CHIP, &m);
    }
}

static void __attribute__((noinline)) send_histogram(const struct envelope *window)
{
    uint8_t first_bin = envelope_first_bin(window);
    uint16_t used = 0;
    if (!send_begin(MSG_ENVELOPE_HISTOGRAM_ID, MSG_ENVELOPE_HISTOGRAM_SIZE))
        return;
    send_octets(&window->index, sizeof window->index);
    send_octets(&first_bin, sizeof first_bin);
    for (uint8_t i = 0; i < ENVELOPE_SHARES; i++) {
        uint8_t share = envelope_share(window, i, &used);
        send_octets(&share, sizeof share);
    }
    send_end();
}

static void __attribute__((noinline)) send_summary(const struct envelope *window)
{
    struct msg_envelope_window m;
    envelope_summarise(window, slots_window_slots(), &m);
    SEND(envelope_window, ENVELOPE_WINDOW, &m);
}

static void send_window(void)
{
    struct envelope *window = slots_full_window();
    if (!window || !uart_has_room(RESULTS_ROOM))
        return;
    send_summary(window);
    if (histogram_every != 0 && window->index % histogram_every == 0)
        send_histogram(window);
    slots_free_window(window);
}

static void __attribute__((noinline)) send_raw(void)
{
    _Static_assert(sizeof(struct raw_piece) + RAW_PIECE == MSG_RF_SAMPLES_SIZE, "no padding");
    struct raw_piece piece;
    if (!uart_has_room(FRAME_MAX_WIRE))
        return;
    const uint8_t *samples = slots_take_raw(&piece);
    if (!samples || !send_begin(MSG_RF_SAMPLES_ID, MSG_RF_SAMPLES_SIZE))
        return;
    send_octets(&piece, sizeof piece);
    send_octets(samples, piece.count);
    for (uint8_t i = piece.count; i < RAW_PIECE; i++) {
        uint8_t nothing = 0;
        send_octets(&nothing, sizeof nothing);
    }
    send_end();
}

static void __attribute__((noinline)) send_house(void)
{
    if (is_house_sent || testing_is_measuring() || !slots_has_house(HOUSEKEEPING_VALUES) ||
        !uart_has_room(FRAME_MAX_WIRE))
        return;
    is_house_sent = 1;
    struct msg_housekeeping m = {
        .tick = slots_tick(),
        .battery_counts = slots_house(HOUSE_BATTERY),
        .bandgap_counts = slots_house(HOUSE_BANDGAP),
        .temperature_counts = slots_house(HOUSE_TEMPERATURE),
        .given_slots = slots_given(),
    };
    SEND(housekeeping, HOUSEKEEPING, &m);
}

static void __attribute__((noinline)) work_tuner(void)
{
    struct tuner *tuner = slots_tuner();
    if (tuner->state == TUNER_DUE) {
        board_tuner_write(tuner_word(tuner->window.mhz));
        tuner_tuned(tuner);
    } else if (tuner->state == TUNER_DONE && uart_has_room(FRAME_MAX_WIRE)) {
        SEND(tuner_window, TUNER_WINDOW, &tuner->window);
        tuner_next(tuner);
    }
}

static void __attribute__((noinline)) send_lamp_news(void)
{
    struct lamp_event event;
    if (slots_take_event(&event))
        send_event(&event);

    uint32_t tick;
    uint8_t reason = slots_take_lamps_off(&tick);
    if (reason) {
        struct msg_lamps_off m = {.tick = tick, .reason = reason};
        SEND(lamps_off, LAMPS_OFF, &m);
        testing_abort();
    }
}

void results_send(void)
{
    if (uart_has_room(FRAME_MAX_WIRE))
        send_lamp_news();
    send_window();
    send_raw();
    work_tuner();
    uint32_t tick = slots_tick();
    controls_work(tick);
    send_house();
    if ((int32_t)(tick - counters_due) >= 0 && uart_has_room(FRAME_MAX_WIRE)) {
        counters_due = tick + COUNTERS_EVERY_SLOTS;
        send_counters();
        motion_report();
        if (!testing_is_measuring()) {
            is_house_sent = 0;
            slots_house_begin(HOUSEKEEPING_VALUES);
        }
    }
}
