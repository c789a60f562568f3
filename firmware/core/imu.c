#include "imu.h"

#include "count.h"
#include "flash_table.h"

#define WHO_AM_I 0x0f
#define CTRL1_XL 0x10
#define CTRL2_G 0x11
#define CTRL3_C 0x12
#define OUTX_L_G 0x22 // rate x y z, then acceleration x y z

struct setting {
    uint8_t reg;
    uint8_t octet;
};
static const struct setting SETTINGS[] FLASH_TABLE = {
    {CTRL3_C, 0x44},  // a sample's octets stay together; the register number counts up
    {CTRL1_XL, 0x78}, // acceleration: 833 Hz, 4 g
    {CTRL2_G, 0x74},  // rate: 833 Hz, 500 degrees a second
};
#define SETTINGS_COUNT (sizeof SETTINGS / sizeof SETTINGS[0])

static void look_again(struct imu *i, enum imu_state state, uint32_t tick)
{
    i->state = (uint8_t)state;
    i->step = 0;
    i->due = tick + IMU_LOOK_EVERY;
}

// Nobody had room for the batch until the next sample was due: its number goes with it.
static void lose_batch(struct imu *i)
{
    for (uint8_t n = 0; n < IMU_BATCH; n++)
        if (i->batch.late_slots[n] != IMU_LOST)
            count(&i->lost_samples);
    imu_sent(i);
}

static void begin_batches(struct imu *i, uint32_t tick)
{
    if (i->at == IMU_BATCH)
        lose_batch(i);
    i->failures = 0;
    i->due = tick;
}

uint8_t imu_set(struct imu *i, uint16_t period_slots, uint32_t tick)
{
    if (period_slots != 0 && (period_slots < IMU_PERIOD_MIN || period_slots > IMU_PERIOD_MAX))
        return 0;
    if (i->is_reading)
        i->is_reading = 2;
    i->at = 0;
    i->batch.index = 0;
    i->batch.period_slots = period_slots;
    if (period_slots == 0) {
        i->state = IMU_OFF;
    } else if (i->state == IMU_PRESENT) {
        begin_batches(i, tick);
    } else {
        look_again(i, IMU_LOOKING, tick);
        i->address = IMU_ADDRESS;
        i->who_am_i = 0;
        i->due = tick;
    }
    return 1;
}

static void end_sample(struct imu *i)
{
    i->at++;
    i->due += i->batch.period_slots;
}

static void lose_sample(struct imu *i)
{
    if (i->at == 0)
        i->batch.tick = i->due;
    i->batch.late_slots[i->at] = IMU_LOST;
    memset(i->batch.samples + i->at * IMU_SAMPLE_SIZE, 0, IMU_SAMPLE_SIZE);
    count(&i->lost_samples);
    end_sample(i);
}

static uint8_t next_look(struct imu *i, struct imu_transfer *transfer)
{
    transfer->address = i->address;
    transfer->size = 1;
    transfer->octets = &i->octet;
    transfer->is_write = i->step != 0;
    if (i->step == 0) {
        transfer->reg = WHO_AM_I;
    } else {
        transfer->reg = FLASH_U8(SETTINGS[i->step - 1].reg);
        i->octet = FLASH_U8(SETTINGS[i->step - 1].octet);
    }
    return 1;
}

static uint8_t next_sample(struct imu *i, uint32_t tick, struct imu_transfer *transfer)
{
    if (i->at == IMU_BATCH)
        lose_batch(i);
    while (tick - i->due >= IMU_LOST) {
        lose_sample(i);
        if (i->at == IMU_BATCH || (int32_t)(tick - i->due) < 0)
            return 0;
    }
    if (i->at == 0)
        i->batch.tick = i->due;
    i->batch.late_slots[i->at] = (uint8_t)(tick - i->due);
    transfer->address = i->address;
    transfer->reg = OUTX_L_G;
    transfer->is_write = 0;
    transfer->size = IMU_SAMPLE_SIZE;
    transfer->octets = i->batch.samples + i->at * IMU_SAMPLE_SIZE;
    return 1;
}

uint8_t imu_next(struct imu *i, uint32_t tick, struct imu_transfer *transfer)
{
    if (i->state == IMU_OFF || i->is_reading || (int32_t)(tick - i->due) < 0)
        return 0;
    i->is_reading = i->state == IMU_PRESENT ? next_sample(i, tick, transfer) : next_look(i, transfer);
    return i->is_reading;
}

static void looked(struct imu *i, enum imu_outcome outcome, uint32_t tick)
{
    if (outcome == IMU_HELD) {
        look_again(i, IMU_BUS_HELD, tick);
    } else if (outcome != IMU_DONE) {
        i->who_am_i = 0;
        i->address ^= 1; // the other one of the two
        look_again(i, i->address == IMU_ADDRESS ? IMU_ABSENT : (enum imu_state)i->state, tick);
        if (i->address != IMU_ADDRESS)
            i->due = tick;
    } else if (i->step == 0) {
        i->who_am_i = i->octet;
        if (i->octet == IMU_WHO_LSM6DSO || i->octet == IMU_WHO_LSM6DS3TRC)
            i->step = 1;
        else
            look_again(i, IMU_OTHER_PART, tick);
    } else if (++i->step > SETTINGS_COUNT) {
        i->state = IMU_PRESENT;
        begin_batches(i, tick + IMU_START_SLOTS);
    }
}

// A sensor that lost its supply for a moment answers and measures nothing. Weight never is zero on all three axes.
static uint8_t is_asleep(const uint8_t *sample)
{
    uint8_t any = 0;
    for (uint8_t n = IMU_SAMPLE_SIZE / 2; n < IMU_SAMPLE_SIZE; n++)
        any |= sample[n];
    return !any;
}

static void sampled(struct imu *i, enum imu_outcome outcome, uint32_t tick)
{
    if (outcome == IMU_DONE && !is_asleep(i->batch.samples + i->at * IMU_SAMPLE_SIZE)) {
        i->failures = 0;
        end_sample(i);
        return;
    }
    lose_sample(i);
    if (outcome != IMU_HELD && ++i->failures < IMU_FAILURES_MAX)
        return;
    while (i->at < IMU_BATCH) // so that what it holds is sent
        lose_sample(i);
    look_again(i, outcome == IMU_HELD ? IMU_BUS_HELD : IMU_ABSENT, tick);
}

void imu_ended(struct imu *i, enum imu_outcome outcome, uint32_t tick)
{
    uint8_t is_wanted = i->is_reading == 1;
    i->is_reading = 0;
    if (outcome == IMU_NACK)
        count(&i->nacks);
    else if (outcome != IMU_DONE)
        count(&i->timeouts);
    if (!is_wanted || i->state == IMU_OFF)
        return;
    if (i->state == IMU_PRESENT)
        sampled(i, outcome, tick);
    else
        looked(i, outcome, tick);
}

void imu_sent(struct imu *i)
{
    i->batch.index++;
    i->at = 0;
}
