// The sensor head. Interrupts sample and time (board/.../slots.c) and move bytes (uart.c); this loop takes commands in,
// sends what is finished out, and sleeps. It never waits: a message that does not fit is dropped and counted.
#include <stddef.h>
#include <stdint.h>

#include <avr/interrupt.h>

#include "board/atmega328p/board.h"
#include "board/atmega328p/pins.h"
#include "core/frame.h"
#include "core/messages.h"

#ifndef FIRMWARE_GIT
#define FIRMWARE_GIT "unknown-"
#endif

#define COUNTERS_EVERY_SLOTS 31250UL // 1 s
#define WINDOW_SLOTS_MIN 312

static struct frame_reader reader;
static uint8_t reset_cause;
static uint8_t tx_seq;
static uint16_t rx_bad_frames;
static uint16_t rx_unknown_messages;
static uint16_t tx_dropped_messages;
static uint32_t counters_due;

static void count(uint16_t *counter)
{
    if (*counter != 0xffff)
        (*counter)++;
}

// Sends a message whose fields stand at payload + MESSAGE_HEADER_SIZE. A dropped message takes its number with it.
static void send(uint8_t *payload, uint8_t id, uint8_t fields_size)
{
    uint8_t wire[FRAME_MAX_WIRE];
    payload[0] = id;
    payload[1] = tx_seq++;
    uint8_t size = frame_encode(payload, (uint8_t)(MESSAGE_HEADER_SIZE + fields_size), wire);
    if (!uart_write(wire, size))
        count(&tx_dropped_messages);
}

#define SEND(kind, upper, fields)                                                                                      \
    do {                                                                                                               \
        uint8_t payload[MESSAGE_HEADER_SIZE + MSG_##upper##_SIZE];                                                     \
        msg_##kind##_encode((fields), payload + MESSAGE_HEADER_SIZE);                                                  \
        send(payload, MSG_##upper##_ID, MSG_##upper##_SIZE);                                                           \
    } while (0)

static void send_identity(void)
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

static void send_counters(void)
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

static void answer(const uint8_t *request, enum lamp_refusal refusal, uint16_t clamped_slots)
{
    if (refusal == LAMP_OK) {
        struct msg_accepted m = {.request = request[0], .request_seq = request[1], .clamped_slots = clamped_slots};
        SEND(accepted, ACCEPTED, &m);
    } else {
        struct msg_refused m = {.request = request[0], .request_seq = request[1], .reason = (uint8_t)refusal};
        SEND(refused, REFUSED, &m);
    }
}

static enum lamp_refusal start_rf(const uint8_t *fields)
{
    struct msg_rf_start m;
    msg_rf_start_decode(&m, fields);
    if (m.window_slots < WINDOW_SLOTS_MIN || m.burst_below_counts > 1023)
        return LAMP_BAD_ARGUMENT;
    slots_rf_start(&m);
    return LAMP_OK;
}

static enum lamp_refusal run_lamps(const uint8_t *fields, uint16_t *clamped_slots)
{
    struct msg_lamp_run m;
    struct lamp_schedule schedule;
    msg_lamp_run_decode(&m, fields);
    enum lamp_refusal refusal = lamps_plan(&schedule, &m, clamped_slots);
    if (refusal == LAMP_OK)
        slots_lamps_run(&schedule);
    return refusal;
}

static enum lamp_refusal run_stimulus(const uint8_t *fields)
{
    struct msg_stimulus_run m;
    struct chip_sequence sequence;
    msg_stimulus_run_decode(&m, fields);
    enum lamp_refusal refusal = lamps_plan_chips(&sequence, &m);
    if (refusal == LAMP_OK)
        slots_stimulus_run(&sequence);
    return refusal;
}

static enum lamp_refusal set_light(const uint8_t *fields)
{
    struct msg_light_set m;
    msg_light_set_decode(&m, fields);
    return slots_light_set(&m);
}

// Length of the fields of a command, or 0xff for an id that is none.
static uint8_t command_size(uint8_t id)
{
    switch (id) {
    case MSG_IDENTIFY_ID:
        return MSG_IDENTIFY_SIZE;
    case MSG_RF_START_ID:
        return MSG_RF_START_SIZE;
    case MSG_RF_STOP_ID:
        return MSG_RF_STOP_SIZE;
    case MSG_LAMP_RUN_ID:
        return MSG_LAMP_RUN_SIZE;
    case MSG_LAMP_STOP_ID:
        return MSG_LAMP_STOP_SIZE;
    case MSG_KEEP_ALIVE_ID:
        return MSG_KEEP_ALIVE_SIZE;
    case MSG_LIGHT_SET_ID:
        return MSG_LIGHT_SET_SIZE;
    case MSG_STIMULUS_RUN_ID:
        return MSG_STIMULUS_RUN_SIZE;
    case MSG_REPORT_COUNTERS_ID:
        return MSG_REPORT_COUNTERS_SIZE;
    default:
        return 0xff;
    }
}

static void obey(const uint8_t *payload, uint8_t length)
{
    if (length - MESSAGE_HEADER_SIZE != command_size(payload[0])) {
        count(&rx_unknown_messages);
        return;
    }
    slots_host_heard();
    const uint8_t *fields = payload + MESSAGE_HEADER_SIZE;
    uint16_t clamped_slots = 0;
    enum lamp_refusal refusal = LAMP_OK;
    switch (payload[0]) {
    case MSG_IDENTIFY_ID:
        send_identity();
        return;
    case MSG_REPORT_COUNTERS_ID:
        send_counters();
        return;
    case MSG_KEEP_ALIVE_ID:
        return;
    case MSG_RF_START_ID:
        refusal = start_rf(fields);
        break;
    case MSG_RF_STOP_ID:
        slots_rf_stop();
        break;
    case MSG_LAMP_RUN_ID:
        refusal = run_lamps(fields, &clamped_slots);
        break;
    case MSG_LAMP_STOP_ID:
        slots_lamps_stop();
        break;
    case MSG_LIGHT_SET_ID:
        refusal = set_light(fields);
        break;
    case MSG_STIMULUS_RUN_ID:
        refusal = run_stimulus(fields);
        break;
    default:
        break;
    }
    answer(payload, refusal, clamped_slots);
}

static void take_commands(void)
{
    uint8_t octet;
    // Bounded: a host that never stops talking must not keep results from being sent.
    for (uint8_t i = 0; i < 64 && uart_read(&octet); i++) {
        enum frame_result result = frame_reader_push(&reader, octet);
        if (result == FRAME_READY)
            obey(reader.buffer, reader.length);
        else if (result == FRAME_REJECTED)
            count(&rx_bad_frames);
    }
}

static void send_event(const struct lamp_event *event)
{
    if (event->kind == LAMP_EVENT_EXPOSURE) {
        struct msg_exposure m = {
            .tick = event->tick,
            .trigger = event->number,
            .phase = event->value,
            .lit_slots = event->lit_slots,
        };
        SEND(exposure, EXPOSURE, &m);
    } else {
        struct msg_chip m = {.tick = event->tick, .index = (uint8_t)event->number, .level = event->value};
        SEND(chip, CHIP, &m);
    }
}

static void send_results(void)
{
    struct lamp_event event;
    if (slots_take_event(&event))
        send_event(&event);

    uint32_t tick;
    uint8_t reason = slots_take_lamps_off(&tick);
    if (reason) {
        struct msg_lamps_off m = {.tick = tick, .reason = reason};
        SEND(lamps_off, LAMPS_OFF, &m);
    }

    struct msg_envelope_window window;
    if (slots_take_window(&window))
        SEND(envelope_window, ENVELOPE_WINDOW, &window);

    if ((int32_t)(tick - counters_due) >= 0) {
        counters_due = tick + COUNTERS_EVERY_SLOTS;
        send_counters();
    }
}

int main(void)
{
    reset_cause = board_init();
    frame_reader_init(&reader);
    uart_init();
    slots_init();
    counters_due = COUNTERS_EVERY_SLOTS;
    sei();
    send_identity();
    for (;;) {
        board_watchdog_kick();
        take_commands();
        send_results();
        board_idle();
    }
}
