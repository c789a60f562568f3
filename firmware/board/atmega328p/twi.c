// The two-wire bus at 400 kHz, one register transfer at a time. The interrupt moves octets; the loop begins a transfer,
// asks how it ended, and gives up on one that does not: then it clocks the bus free, half a clock each time it is asked,
// and ends with a stop. Nothing here waits.
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/twi.h>

#include "board.h"
#include "core/barrier.h"
#include "core/count.h"
#include "pins.h"

#define BUS_HZ 400000UL
#define GO (_BV(TWINT) | _BV(TWEN) | _BV(TWIE))
#define STOP (_BV(TWINT) | _BV(TWEN) | _BV(TWSTO))
#define TIMEOUT_SLOTS 62   // 2 ms: the longest transfer takes 0.4, and 0.5 more where the slot interrupt goes first
#define RECOVERY_HALVES 18 // nine clocks let a part finish the octet that it was interrupted in
#define RECOVERY_STOP 4    // clock down, data down, clock up, data up
#define BUS_FREE (_BV(IMU_SDA_BIT) | _BV(IMU_SCL_BIT))

enum twi_state { TWI_IDLE, TWI_BUSY, TWI_DONE, TWI_REFUSED, TWI_BROKEN, TWI_RECOVERING };

static volatile uint8_t state;
static struct imu_transfer transfer;
static uint16_t began;
static uint8_t half;
static uint16_t recoveries;

void twi_init(void)
{
    TWBR = (uint8_t)((CLOCK_HZ / BUS_HZ - 16) / 2);
    TWSR = 0;
    TWCR = _BV(TWEN);
}

static inline void end(enum twi_state how)
{
    TWCR = STOP;
    state = (uint8_t)how;
}

ISR(TWI_vect)
{
    uint8_t status = TWSR & TW_STATUS_MASK;
    if (status == TW_MR_DATA_ACK || status == TW_MR_DATA_NACK) {
        *transfer.octets++ = TWDR;
        uint8_t left = --transfer.size;
        if (left == 0)
            end(TWI_DONE);
        else
            TWCR = left > 1 ? GO | _BV(TWEA) : GO;
        return;
    }
    switch (status) {
    case TW_START:
        TWDR = (uint8_t)(transfer.address << 1);
        TWCR = GO;
        break;
    case TW_MT_SLA_ACK:
        TWDR = transfer.reg;
        TWCR = GO;
        break;
    case TW_MT_DATA_ACK:
        if (!transfer.is_write) {
            TWCR = GO | _BV(TWSTA);
        } else if (transfer.size != 0) {
            transfer.size--;
            TWDR = *transfer.octets;
            TWCR = GO;
        } else {
            end(TWI_DONE);
        }
        break;
    case TW_REP_START:
        TWDR = (uint8_t)((transfer.address << 1) | TW_READ);
        TWCR = GO;
        break;
    case TW_MR_SLA_ACK:
        TWCR = transfer.size > 1 ? GO | _BV(TWEA) : GO;
        break;
    case TW_MT_SLA_NACK:
    case TW_MT_DATA_NACK:
    case TW_MR_SLA_NACK:
        end(TWI_REFUSED);
        break;
    default: // arbitration lost, illegal start or stop: something else pulls at the bus
        end(TWI_BROKEN);
        break;
    }
}

static uint8_t is_bus_free(void)
{
    return (IMU_SDA_PIN & BUS_FREE) == BUS_FREE && !(TWCR & _BV(TWSTO));
}

static void begin_recovery(void)
{
    TWCR = 0; // the pins are the port's again: inputs that can be pulled down
    half = 0;
    count(&recoveries);
    state = TWI_RECOVERING;
}

void twi_begin(const struct imu_transfer *t, uint16_t tick)
{
    if (!is_bus_free()) {
        begin_recovery();
        return;
    }
    transfer = *t;
    began = tick;
    state = TWI_BUSY;
    BARRIER();
    TWCR = GO | _BV(TWSTA);
}

// Half a clock; the loop comes at most once in some microseconds and mostly once in a slot.
static enum imu_outcome step_recovery(void)
{
    uint8_t at = half++;
    if (at < RECOVERY_HALVES + 3) {
        if (at == RECOVERY_HALVES + 1)
            IMU_SDA_DDR |= _BV(IMU_SDA_BIT);
        else if (at == RECOVERY_HALVES + 2 || (at & 1))
            IMU_SCL_DDR &= (uint8_t)~_BV(IMU_SCL_BIT);
        else
            IMU_SCL_DDR |= _BV(IMU_SCL_BIT);
        return IMU_PENDING;
    }
    if (at < RECOVERY_HALVES + RECOVERY_STOP) {
        IMU_SDA_DDR &= (uint8_t)~_BV(IMU_SDA_BIT);
        return IMU_PENDING;
    }
    state = TWI_IDLE;
    TWCR = _BV(TWEN);
    return is_bus_free() ? IMU_TIMEOUT : IMU_HELD;
}

enum imu_outcome twi_poll(uint16_t tick)
{
    uint8_t now = state;
    if (now == TWI_IDLE)
        return IMU_PENDING;
    if (now == TWI_RECOVERING)
        return step_recovery();
    if (now == TWI_BUSY || (TWCR & _BV(TWSTO))) { // the stop takes a moment too
        if ((uint16_t)(tick - began) > TIMEOUT_SLOTS)
            begin_recovery();
        return IMU_PENDING;
    }
    if (now == TWI_BROKEN) {
        begin_recovery();
        return IMU_PENDING;
    }
    BARRIER();
    state = TWI_IDLE;
    return now == TWI_DONE ? IMU_DONE : IMU_NACK;
}

uint16_t twi_recoveries(void)
{
    return recoveries;
}
