#include "commands.h"

#include "board/atmega328p/board.h"
#include "controls.h"
#include "core/count.h"
#include "core/flash_table.h"
#include "core/frame.h"
#include "core/repeat.h"
#include "motion.h"
#include "results.h"
#include "send.h"
#include "testing.h"

#define WINDOW_SLOTS_MIN 312
#define OCTETS_AT_ONCE 64
// Commands wait for more room than any result does, so that a host that asks without a pause cannot keep results from being
// sent, and no answer is dropped. A transmit buffer that is full has so much after 4.4 ms.
#define ANSWER_ROOM 200
_Static_assert(ANSWER_ROOM > RESULTS_ROOM, "results go first");

uint16_t rx_bad_frames;
uint16_t rx_unknown_messages;
static struct frame_reader reader;
static struct last_command last;

// The fields where they were received: on this controller a struct lies in memory as on the wire.
#define FIELDS(kind, upper, fields)                                                                                    \
    ((void)sizeof(char[sizeof(struct msg_##kind) == MSG_##upper##_SIZE ? 1 : -1]),                                     \
     (const struct msg_##kind *)(const void *)(fields))

// A command returns LAMP_OK or why it is refused; `clamped_slots` is 0 unless it writes it.
typedef uint8_t command_obey(const uint8_t *fields, uint16_t *clamped_slots);

static uint8_t identify(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)fields;
    (void)clamped_slots;
    repeat_forget(&last); // so begins a host, and its numbers
    send_identity();
    return LAMP_OK;
}

static uint8_t report_counters(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)fields;
    (void)clamped_slots;
    send_counters();
    return LAMP_OK;
}

static uint8_t keep_alive(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)fields;
    (void)clamped_slots;
    return LAMP_OK;
}

static uint8_t start_rf(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)clamped_slots;
    const struct msg_rf_start *m = FIELDS(rf_start, RF_START, fields);
    if (m->window_slots < WINDOW_SLOTS_MIN || m->burst_below_counts > 1023)
        return LAMP_BAD_ARGUMENT;
    slots_rf_start(m);
    return LAMP_OK;
}

static uint8_t stop_rf(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)fields;
    (void)clamped_slots;
    slots_rf_stop();
    return LAMP_OK;
}

static uint8_t start_raw(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)clamped_slots;
    const struct msg_rf_raw *m = FIELDS(rf_raw, RF_RAW, fields);
    if (m->samples == 0 || m->samples > RAW_SAMPLES_MAX)
        return LAMP_BAD_ARGUMENT;
    slots_rf_raw(m);
    return LAMP_OK;
}

static uint8_t set_histogram(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)clamped_slots;
    results_histogram_every(fields[0]);
    return LAMP_OK;
}

static uint8_t set_tuner(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)clamped_slots;
    const struct msg_tuner_set *m = FIELDS(tuner_set, TUNER_SET, fields);
    return tuner_set(slots_tuner(), m) ? LAMP_OK : LAMP_BAD_ARGUMENT;
}

static uint8_t sweep_tuner(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)clamped_slots;
    const struct msg_tuner_sweep *m = FIELDS(tuner_sweep, TUNER_SWEEP, fields);
    return tuner_sweep(slots_tuner(), m) ? LAMP_OK : LAMP_BAD_ARGUMENT;
}

static uint8_t stop_tuner(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)fields;
    (void)clamped_slots;
    tuner_stop(slots_tuner());
    return LAMP_OK;
}

static uint8_t set_buzzer(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)clamped_slots;
    const struct msg_buzzer_set *m = FIELDS(buzzer_set, BUZZER_SET, fields);
    return controls_buzzer_set(m) ? LAMP_OK : LAMP_BAD_ARGUMENT;
}

static uint8_t set_imu(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)clamped_slots;
    const struct msg_imu_set *m = FIELDS(imu_set, IMU_SET, fields);
    return imu_set(motion_imu(), m->period_slots, slots_tick()) ? LAMP_OK : LAMP_BAD_ARGUMENT;
}

static uint8_t test_itself(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)clamped_slots;
    const struct msg_self_test *m = FIELDS(self_test, SELF_TEST, fields);
    return testing_begin(m);
}

static uint8_t run_lamps(const uint8_t *fields, uint16_t *clamped_slots)
{
    return slots_lamps_run(FIELDS(lamp_run, LAMP_RUN, fields), clamped_slots);
}

static uint8_t flash_red(const uint8_t *fields, uint16_t *clamped_slots)
{
    struct red_burst burst;
    const struct msg_red_burst *m = FIELDS(red_burst, RED_BURST, fields);
    enum lamp_refusal refusal = lamps_plan_red(&burst, m, clamped_slots);
    return refusal == LAMP_OK ? (uint8_t)slots_red_flash(&burst) : (uint8_t)refusal;
}

static uint8_t stop_lamps(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)fields;
    (void)clamped_slots;
    slots_lamps_stop();
    return LAMP_OK;
}

static uint8_t run_stimulus(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)clamped_slots;
    struct chip_sequence sequence;
    const struct msg_stimulus_run *m = FIELDS(stimulus_run, STIMULUS_RUN, fields);
    enum lamp_refusal refusal = lamps_plan_chips(&sequence, m);
    if (refusal == LAMP_OK)
        slots_stimulus_run(&sequence);
    return refusal;
}

static uint8_t set_light(const uint8_t *fields, uint16_t *clamped_slots)
{
    (void)clamped_slots;
    const struct msg_light_set *m = FIELDS(light_set, LIGHT_SET, fields);
    return slots_light_set(m);
}

struct command {
    uint8_t id;
    uint8_t size;            // of its fields
    uint8_t is_acknowledged; // by accepted or refused, and not done twice; the others may be
    command_obey *obey;
};

#define COMMAND(upper, function) {MSG_##upper##_ID, MSG_##upper##_SIZE, MSG_##upper##_IS_ACKNOWLEDGED, function}

static const struct command COMMANDS[] FLASH_TABLE = {
    COMMAND(KEEP_ALIVE, keep_alive),      COMMAND(IDENTIFY, identify),       COMMAND(REPORT_COUNTERS, report_counters),
    COMMAND(RF_START, start_rf),          COMMAND(RF_STOP, stop_rf),         COMMAND(RF_RAW, start_raw),
    COMMAND(RF_HISTOGRAM, set_histogram), COMMAND(LAMP_RUN, run_lamps),      COMMAND(RED_BURST, flash_red),
    COMMAND(LAMP_STOP, stop_lamps),       COMMAND(LIGHT_SET, set_light),     COMMAND(STIMULUS_RUN, run_stimulus),
    COMMAND(TUNER_SET, set_tuner),        COMMAND(TUNER_SWEEP, sweep_tuner), COMMAND(TUNER_STOP, stop_tuner),
    COMMAND(BUZZER_SET, set_buzzer),      COMMAND(IMU_SET, set_imu),         COMMAND(SELF_TEST, test_itself),
};

static void __attribute__((noinline)) answer_last(void)
{
    if (last.reason == LAMP_OK) {
        struct msg_accepted m = {.request = last.id, .request_seq = last.seq, .clamped_slots = last.clamped_slots};
        SEND(accepted, ACCEPTED, &m);
    } else {
        struct msg_refused m = {.request = last.id, .request_seq = last.seq, .reason = last.reason};
        SEND(refused, REFUSED, &m);
    }
}

static void __attribute__((noinline)) obey(const uint8_t *payload, uint8_t length)
{
    for (uint8_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
        if (FLASH_U8(COMMANDS[i].id) != payload[0])
            continue;
        if (length - MESSAGE_HEADER_SIZE != FLASH_U8(COMMANDS[i].size))
            break;
        slots_host_heard();
        uint8_t is_acknowledged = FLASH_U8(COMMANDS[i].is_acknowledged);
        if (!is_acknowledged || !repeat_is_last(&last, payload, length)) {
            uint16_t clamped_slots = 0;
            command_obey *function = (command_obey *)FLASH_U16(COMMANDS[i].obey);
            uint8_t reason = function(payload + MESSAGE_HEADER_SIZE, &clamped_slots);
            if (is_acknowledged)
                repeat_remember(&last, payload, length, reason, clamped_slots);
        }
        if (is_acknowledged)
            answer_last();
        return;
    }
    count(&rx_unknown_messages);
}

void commands_init(void)
{
    frame_reader_init(&reader);
}

void commands_take(void)
{
    uint8_t octet;
    for (uint8_t i = 0; i < OCTETS_AT_ONCE && uart_has_room(ANSWER_ROOM) && uart_read(&octet); i++) {
        enum frame_result result = frame_reader_push(&reader, octet);
        if (result == FRAME_READY)
            obey(reader.buffer, reader.length);
        else if (result == FRAME_REJECTED)
            count(&rx_bad_frames);
    }
}
