// The inertial sensor: finds it on its bus, sets it up, decides when it is read and gathers samples into batches. Bus
// transfers are asked for one at a time and their outcome is handed back; how they are done is the board's affair. A
// sensor that is absent, dies or blocks the bus is looked for again every second and holds nobody up.
//
// LSM6DSO or LSM6DSOX, or the older LSM6DS3TR-C: their registers used here are the same. Each sample is what the sensor
// measured last, at most 1.2 ms before (833 Hz).
#ifndef CORE_IMU_H
#define CORE_IMU_H

#include <stdint.h>

#include "messages.h"

#define IMU_PERIOD_MIN 312 // 100 Hz
#define IMU_PERIOD_MAX 625 // 50 Hz
#define IMU_BATCH 4
#define IMU_SAMPLE_SIZE 12
#define IMU_LOST 255           // in late_slots
#define IMU_LOOK_EVERY 31250UL // 1 s
#define IMU_START_SLOTS 3125   // 100 ms: the gyroscope needs 70 (datasheet)
#define IMU_FAILURES_MAX 10    // in a row until it is looked for anew

#define IMU_ADDRESS 0x6a // SDO/SA0 low; with it high one more
#define IMU_WHO_LSM6DSO 0x6c
#define IMU_WHO_LSM6DS3TRC 0x6a

enum imu_state { IMU_OFF, IMU_LOOKING, IMU_PRESENT, IMU_ABSENT, IMU_OTHER_PART, IMU_BUS_HELD };
enum imu_outcome { IMU_PENDING, IMU_DONE, IMU_NACK, IMU_TIMEOUT, IMU_HELD };

// One register of the sensor written, or some read.
struct imu_transfer {
    uint8_t address;
    uint8_t reg;
    uint8_t is_write;
    uint8_t size;
    uint8_t *octets;
};

struct imu {
    uint8_t state;
    uint8_t address;
    uint8_t who_am_i;
    uint8_t octet;      // of the transfer that looks or sets up
    uint8_t step;       // of looking: 0 asks who it is, then the rows of its settings
    uint8_t is_reading; // a transfer is going on; 2: nobody wants its outcome any more
    uint8_t at;         // next sample of the batch; IMU_BATCH: it waits to be sent
    uint8_t failures;
    uint32_t due; // tick of the next sample, or of the next look
    uint16_t nacks;
    uint16_t timeouts;
    uint16_t lost_samples;
    struct msg_imu batch;
};

// Begins (or ends, with 0) the reading. Returns 0 for a period that is out of range.
uint8_t imu_set(struct imu *i, uint16_t period_slots, uint32_t tick);

// Returns 1 when a transfer must be begun now.
uint8_t imu_next(struct imu *i, uint32_t tick, struct imu_transfer *transfer);

// The transfer that imu_next asked for has ended.
void imu_ended(struct imu *i, enum imu_outcome outcome, uint32_t tick);

static inline uint8_t imu_is_full(const struct imu *i)
{
    return i->state != IMU_OFF && i->at == IMU_BATCH;
}

// The batch was sent.
void imu_sent(struct imu *i);

#endif
