#include "motion.h"

#include "board/atmega328p/board.h"
#include "send.h"

static struct imu imu;
static uint8_t told_state;

struct imu *motion_imu(void)
{
    return &imu;
}

static void __attribute__((noinline)) send_status(uint32_t tick)
{
    told_state = imu.state;
    struct msg_imu_status m = {
        .tick = tick,
        .state = imu.state,
        .address = imu.address,
        .who_am_i = imu.who_am_i,
        .nacks = imu.nacks,
        .timeouts = imu.timeouts,
        .recoveries = twi_recoveries(),
        .lost_samples = imu.lost_samples,
    };
    SEND(imu_status, IMU_STATUS, &m);
}

static void __attribute__((noinline)) send_batch(void)
{
    SEND(imu, IMU, &imu.batch);
    imu_sent(&imu);
}

void motion_work(void)
{
    uint32_t tick = slots_tick();
    enum imu_outcome outcome = twi_poll((uint16_t)tick);
    if (outcome != IMU_PENDING)
        imu_ended(&imu, outcome, tick);
    if (imu.state != told_state && uart_has_room(FRAME_MAX_WIRE))
        send_status(tick);
    if (imu_is_full(&imu) && uart_has_room(FRAME_MAX_WIRE))
        send_batch();
    tick = slots_tick();
    struct imu_transfer transfer;
    if (imu_next(&imu, tick, &transfer))
        twi_begin(&transfer, (uint16_t)tick);
}

void motion_report(void)
{
    if (imu.state != IMU_OFF)
        send_status(slots_tick());
}
