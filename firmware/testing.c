#include "testing.h"

#include "board/atmega328p/board.h"
#include "controls.h"
#include "core/flash_table.h"
#include "core/self_test.h"
#include "motion.h"
#include "send.h"

#define PERIOD_SLOTS 1250  // 40 ms: the longest pulse of each lamp and the rest it owes fit (limits.toml)
#define EXPOSURE_SLOTS 100 // and the pulse fits in here
#define BEEP_SLOTS 3125    // 0.1 s on, 0.1 s off
#define TOGGLE_SLOTS 3125  // a tuner line changes every 0.1 s: a meter or a test lamp shows it

static struct self_test test;
static uint8_t button_before;
static uint8_t is_imu_borrowed;
static uint8_t is_line_moved;
static uint8_t is_red_due; // red has to rest first: since the reset, or since the burst before

static void run_lamp(uint8_t phase)
{
    struct msg_lamp_run m = {
        .period_slots = PERIOD_SLOTS,
        .exposure_slots = EXPOSURE_SLOTS,
        .phase_count = 1,
        .phases = {phase},
        .pulse_slots = {EXPOSURE_SLOTS}, // shortened to what the limits allow
    };
    uint16_t clamped_slots;
    slots_lamps_run(&m, &clamped_slots);
}

// One burst, in which the on_axis lamps stay dark.
static void flash_red(void)
{
    struct msg_red_burst m = {
        .exposure_slots = EXPOSURE_SLOTS,
        .red_slots = EXPOSURE_SLOTS, // shortened likewise
        .red_count = RED_COUNT_MAX,
        .is_room_empty = 1, // else the walk would have been refused
    };
    struct red_burst burst;
    uint16_t clamped_slots;
    if (lamps_plan_red(&burst, &m, &clamped_slots) == LAMP_OK && slots_red_flash(&burst) == LAMP_OK)
        is_red_due = 0;
}

static void begin_part(void)
{
    struct msg_light_set light = {.light = LIGHT_WHITE, .is_on = 1};
    struct msg_buzzer_set beeps = {.on_slots = BEEP_SLOTS, .period_slots = 2 * BEEP_SLOTS, .beeps = 20};
    switch (test.part) {
    case TEST_ON_AXIS:
        run_lamp(LAMP_ON_AXIS);
        break;
    case TEST_OFF_AXIS:
        run_lamp(LAMP_OFF_AXIS);
        break;
    case TEST_MIDDLE_RING:
        run_lamp(LAMP_MIDDLE_RING);
        break;
    case TEST_OUTER_RING:
        run_lamp(LAMP_OUTER_RING);
        break;
    case TEST_RED:
        is_red_due = 1;
        break;
    case TEST_TRIGGER:
        run_lamp(0);
        break;
    case TEST_AIM:
        light.light = LIGHT_AIM;
        slots_light_set(&light);
        break;
    case TEST_WHITE:
        slots_light_set(&light);
        break;
    case TEST_BUZZER:
        controls_buzzer_set(&beeps);
        break;
    case TEST_SENSORS:
        slots_house_begin(CHANNEL_VALUES);
        break;
    default:
        break;
    }
}

static void end_part(void)
{
    struct msg_buzzer_set silence = {0};
    slots_lamps_stop();
    controls_buzzer_set(&silence);
    board_tuner_lines(0);
    is_line_moved = 0;
    is_red_due = 0;
}

static void toggle_line(uint32_t tick)
{
    if (test.part < TEST_TUNER_DATA || test.part > TEST_TUNER_CLOCK)
        return;
    uint8_t is_moved = !(((tick - test.since) / TOGGLE_SLOTS) & 1);
    if (is_moved != is_line_moved)
        board_tuner_lines(is_moved ? LINE(test.part) : 0);
    is_line_moved = is_moved;
}

static uint8_t is_measured(void)
{
    uint8_t state = motion_imu()->state;
    if (test.part == TEST_RED)
        return !is_red_due && !slots_is_lamp_running();
    return state != IMU_LOOKING && slots_has_house(CHANNEL_VALUES);
}

static void __attribute__((noinline)) send_result(uint32_t tick)
{
    struct msg_self_test_result m = {
        .tick = tick,
        .parts = test.wanted,
        .lines_followed = self_test_followed(&test),
        .lines_stray = test.stray,
        .button_changes = (uint8_t)(controls_button_changes() - button_before),
        .is_pressed = board_button(),
        .imu_state = motion_imu()->state,
        .imu_who_am_i = motion_imu()->who_am_i,
    };
    if (test.wanted & LINE(TEST_SENSORS)) {
        m.battery_counts = slots_house(HOUSE_BATTERY);
        m.bandgap_counts = slots_house(HOUSE_BANDGAP);
        m.temperature_counts = slots_house(HOUSE_TEMPERATURE);
        m.detector_counts = slots_house(HOUSE_DETECTOR);
        m.rssi_counts = slots_house(HOUSE_RSSI);
    }
    SEND(self_test_result, SELF_TEST_RESULT, &m);
}

static void give_imu_back(void)
{
    if (is_imu_borrowed)
        imu_set(motion_imu(), 0, slots_tick());
    is_imu_borrowed = 0;
}

enum lamp_refusal testing_begin(const struct msg_self_test *m)
{
    uint32_t tick = slots_tick();
    if ((m->parts & LINE(TEST_RED)) && m->is_room_empty != 1)
        return LAMP_NOT_DECLARED;
    if (!self_test_begin(&test, m, tick))
        return LAMP_BAD_ARGUMENT;
    slots_rf_stop();
    tuner_stop(slots_tuner());
    end_part();
    button_before = controls_button_changes();
    if (test.is_walking && motion_imu()->state == IMU_OFF)
        is_imu_borrowed = imu_set(motion_imu(), IMU_PERIOD_MIN, tick);
    else if (!test.is_walking)
        give_imu_back();
    return LAMP_OK;
}

void testing_work(void)
{
    if (!test.is_walking)
        return;
    uint32_t tick = slots_tick();
    self_test_watch(&test, board_lines(), tick);
    if (!uart_has_room(FRAME_MAX_WIRE))
        return;
    switch (self_test_step(&test, tick, is_measured())) {
    case TEST_REST:
        end_part();
        break;
    case TEST_DRIVE: {
        struct msg_self_test_step m = {.tick = tick, .part = test.part};
        SEND(self_test_step, SELF_TEST_STEP, &m);
        begin_part();
        break;
    }
    case TEST_END:
        send_result(tick);
        give_imu_back();
        break;
    default:
        if (test.is_driven)
            toggle_line(tick);
        if (is_red_due)
            flash_red();
        break;
    }
}

void testing_abort(void)
{
    if (!test.is_walking)
        return;
    test.is_walking = 0;
    end_part();
    give_imu_back();
}

uint8_t testing_is_measuring(void)
{
    return test.is_walking && test.is_driven && test.part == TEST_SENSORS;
}
