// The sensor head. Interrupts sample and time (board/.../slots.c) and move bytes (uart.c); this loop takes commands in,
// sends what is finished out, and sleeps. It never waits: a message that does not fit is dropped and counted.
#include <stddef.h>
#include <stdint.h>

#include <avr/interrupt.h>

#include "board/atmega328p/board.h"
#include "board/atmega328p/pins.h"
#include "core/frame.h"
#include "core/messages.h"
#include "core/panel.h"
#include "core/tuner.h"

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
static uint8_t histogram_every;
static uint8_t is_house_sent;
static struct button button;
static struct buzzer buzzer;
static uint8_t is_sounding;

static void count(uint16_t *counter)
{
    if (*counter != 0xffff)
        (*counter)++;
}

// Sends a message whose fields stand behind the header in `frame`, at PAYLOAD_AT. A dropped one takes its number with it.
#define PAYLOAD_AT 1
static void __attribute__((noinline)) send(uint8_t *frame, uint8_t id, uint8_t fields_size)
{
    frame[PAYLOAD_AT] = id;
    frame[PAYLOAD_AT + 1] = tx_seq++;
    uint8_t size = frame_close(frame, (uint8_t)(MESSAGE_HEADER_SIZE + fields_size));
    if (!uart_write(frame, size))
        count(&tx_dropped_messages);
}

#define SEND(kind, upper, fields)                                                                                      \
    do {                                                                                                               \
        uint8_t frame[FRAME_OVERHEAD + MESSAGE_HEADER_SIZE + MSG_##upper##_SIZE];                                      \
        msg_##kind##_encode((fields), frame + PAYLOAD_AT + MESSAGE_HEADER_SIZE);                                       \
        send(frame, MSG_##upper##_ID, MSG_##upper##_SIZE);                                                             \
    } while (0)

// A frame whose message is written where it is sent from: on this controller a struct lies in memory as on the wire.
#define FRAME_OF(kind)                                                                                                 \
    struct {                                                                                                           \
        uint8_t head[PAYLOAD_AT + MESSAGE_HEADER_SIZE];                                                                \
        struct msg_##kind message;                                                                                     \
        uint8_t tail[FRAME_OVERHEAD - PAYLOAD_AT];                                                                     \
    }

#define SEND_FRAME(upper, frame)                                                                                       \
    do {                                                                                                               \
        _Static_assert(sizeof(frame).message == MSG_##upper##_SIZE, "no padding");                                     \
        send((uint8_t *)&(frame), MSG_##upper##_ID, MSG_##upper##_SIZE);                                               \
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

static enum lamp_refusal start_raw(const uint8_t *fields)
{
    struct msg_rf_raw m;
    msg_rf_raw_decode(&m, fields);
    if (m.samples == 0 || m.samples > RAW_SAMPLES_MAX)
        return LAMP_BAD_ARGUMENT;
    slots_rf_raw(&m);
    return LAMP_OK;
}

static enum lamp_refusal set_tuner(const uint8_t *fields)
{
    struct msg_tuner_set m;
    msg_tuner_set_decode(&m, fields);
    return tuner_set(slots_tuner(), &m) ? LAMP_OK : LAMP_BAD_ARGUMENT;
}

static enum lamp_refusal sweep_tuner(const uint8_t *fields)
{
    struct msg_tuner_sweep m;
    msg_tuner_sweep_decode(&m, fields);
    return tuner_sweep(slots_tuner(), &m) ? LAMP_OK : LAMP_BAD_ARGUMENT;
}

static enum lamp_refusal set_buzzer(const uint8_t *fields)
{
    struct msg_buzzer_set m;
    msg_buzzer_set_decode(&m, fields);
    return buzzer_set(&buzzer, &m, (uint16_t)slots_tick()) ? LAMP_OK : LAMP_BAD_ARGUMENT;
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
    case MSG_TUNER_SET_ID:
        return MSG_TUNER_SET_SIZE;
    case MSG_TUNER_SWEEP_ID:
        return MSG_TUNER_SWEEP_SIZE;
    case MSG_TUNER_STOP_ID:
        return MSG_TUNER_STOP_SIZE;
    case MSG_RF_RAW_ID:
        return MSG_RF_RAW_SIZE;
    case MSG_RF_HISTOGRAM_ID:
        return MSG_RF_HISTOGRAM_SIZE;
    case MSG_BUZZER_SET_ID:
        return MSG_BUZZER_SET_SIZE;
    default:
        return 0xff;
    }
}

static void __attribute__((noinline)) obey(const uint8_t *payload, uint8_t length)
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
    case MSG_TUNER_SET_ID:
        refusal = set_tuner(fields);
        break;
    case MSG_TUNER_SWEEP_ID:
        refusal = sweep_tuner(fields);
        break;
    case MSG_TUNER_STOP_ID:
        tuner_stop(slots_tuner());
        break;
    case MSG_RF_RAW_ID:
        refusal = start_raw(fields);
        break;
    case MSG_RF_HISTOGRAM_ID:
        histogram_every = fields[0];
        break;
    case MSG_BUZZER_SET_ID:
        refusal = set_buzzer(fields);
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

static void __attribute__((noinline)) send_histogram(const struct envelope *window)
{
    FRAME_OF(envelope_histogram) frame;
    envelope_histogram(window, &frame.message);
    SEND_FRAME(ENVELOPE_HISTOGRAM, frame);
}

static void __attribute__((noinline)) send_summary(const struct envelope *window)
{
    FRAME_OF(envelope_window) frame;
    envelope_summarise(window, slots_window_slots(), &frame.message);
    SEND_FRAME(ENVELOPE_WINDOW, frame);
}

static void send_window(void)
{
    struct envelope *window = slots_full_window();
    if (!window)
        return;
    send_summary(window);
    if (histogram_every != 0 && window->index % histogram_every == 0)
        send_histogram(window);
    slots_free_window(window);
}

static void __attribute__((noinline)) send_raw(void)
{
    FRAME_OF(rf_samples) frame;
    if (uart_has_room(FRAME_MAX_WIRE) && slots_take_raw(&frame.message))
        SEND_FRAME(RF_SAMPLES, frame);
}

static void __attribute__((noinline)) send_house(void)
{
    struct msg_housekeeping house;
    if (is_house_sent || !slots_take_house(&house))
        return;
    is_house_sent = 1;
    SEND(housekeeping, HOUSEKEEPING, &house);
}

static void __attribute__((noinline)) work_tuner(void)
{
    struct tuner *tuner = slots_tuner();
    if (tuner->state == TUNER_DUE) {
        board_tuner_write(tuner_word(tuner->window.mhz));
        tuner_tuned(tuner);
    } else if (tuner->state == TUNER_DONE) {
        SEND(tuner_window, TUNER_WINDOW, &tuner->window);
        tuner_next(tuner);
    }
}

static void __attribute__((noinline)) work_panel(uint32_t tick)
{
    uint8_t is_on = buzzer_step(&buzzer, (uint16_t)tick);
    if (is_on != is_sounding)
        board_buzzer(is_on);
    is_sounding = is_on;
    if (button_step(&button, board_button(), (uint16_t)tick)) {
        struct msg_button m = {.tick = tick, .is_pressed = button.is_pressed};
        SEND(button, BUTTON, &m);
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

    send_window();
    send_raw();
    work_tuner();
    work_panel(tick);
    send_house();
    if ((int32_t)(tick - counters_due) >= 0) {
        counters_due = tick + COUNTERS_EVERY_SLOTS;
        send_counters();
        is_house_sent = 0;
        slots_house_begin();
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
