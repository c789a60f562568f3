#include "tuner.h"

#include "barrier.h"

#define SYNTH_REGISTER 0x01
#define SYNTH_WRITE 0x10
#define INTERMEDIATE_MHZ 479 // below the channel; the synthesiser counts in steps of 2 MHz

uint32_t tuner_word(uint16_t mhz)
{
    uint16_t steps = (uint16_t)((mhz - INTERMEDIATE_MHZ) / 2);
    uint16_t divider = (uint16_t)(((steps / 32) << 7) | (steps % 32));
    return ((uint32_t)divider << 5) | SYNTH_WRITE | SYNTH_REGISTER;
}

static uint8_t is_tunable(uint16_t mhz)
{
    return mhz >= TUNER_LOWEST_MHZ && mhz <= TUNER_HIGHEST_MHZ;
}

static void begin(struct tuner *t, uint16_t mhz)
{
    memset(&t->window, 0, sizeof t->window);
    t->first_mhz = mhz;
    t->window.mhz = mhz;
    t->at = 0;
    BARRIER();
    t->state = TUNER_DUE;
}

uint8_t tuner_set(struct tuner *t, const struct msg_tuner_set *m)
{
    if (!is_tunable(m->mhz) || m->dwell_blocks == 0)
        return 0;
    t->state = TUNER_IDLE; // the interrupt leaves it alone from here on
    BARRIER();
    t->dwell_blocks = m->dwell_blocks;
    t->rounds_left = 0;
    t->busy_above = m->busy_above_counts;
    t->count = 1;
    begin(t, m->mhz);
    return 1;
}

uint8_t tuner_sweep(struct tuner *t, const struct msg_tuner_sweep *m)
{
    uint16_t mhz = m->first_mhz;
    if (!is_tunable(mhz) || m->dwell_blocks == 0 || m->count == 0 || m->count > TUNER_DELTAS + 1)
        return 0;
    for (uint8_t i = 0; i + 1 < m->count; i++) {
        mhz = (uint16_t)(mhz + m->deltas_mhz[i]);
        if (!is_tunable(mhz))
            return 0;
    }
    t->state = TUNER_IDLE;
    BARRIER();
    t->dwell_blocks = m->dwell_blocks;
    t->rounds_left = m->rounds;
    t->busy_above = m->busy_above_counts;
    t->count = m->count;
    memcpy(t->deltas, m->deltas_mhz, sizeof t->deltas);
    begin(t, m->first_mhz);
    return 1;
}

void tuner_stop(struct tuner *t)
{
    t->state = TUNER_IDLE;
}

void tuner_tuned(struct tuner *t)
{
    t->blocks_left = TUNER_SETTLE_BLOCKS + 1; // the block that is going on began before
    BARRIER();
    t->state = TUNER_SETTLING;
}

void tuner_next(struct tuner *t)
{
    uint16_t index = (uint16_t)(t->window.index + 1);
    uint16_t mhz = t->window.mhz;
    uint8_t is_tuned = t->count == 1;
    if (++t->at < t->count) {
        mhz = (uint16_t)(mhz + t->deltas[t->at - 1]);
    } else {
        t->at = 0;
        mhz = t->first_mhz;
        if (t->rounds_left == 1) {
            t->state = TUNER_IDLE;
            return;
        }
        if (t->rounds_left != 0)
            t->rounds_left--;
    }
    memset(&t->window, 0, sizeof t->window);
    t->window.index = index;
    t->window.mhz = mhz;
    t->blocks_left = 1; // dwelling: hear on with the next block
    BARRIER();
    t->state = is_tuned ? TUNER_SETTLING : TUNER_DUE;
}

void tuner_block(struct tuner *t, uint32_t tick, uint16_t slots, uint8_t lines)
{
    struct msg_tuner_window *w = &t->window;
    if (t->state == TUNER_SETTLING) {
        if (--t->blocks_left != 0)
            return;
        w->tick = tick;
        w->rssi_min_counts = 0xffff;
        w->least_lines = 0xff;
        t->blocks_left = t->dwell_blocks;
        t->state = TUNER_HEARING;
    } else if (t->state == TUNER_HEARING) {
        w->window_slots = (uint16_t)(w->window_slots + slots);
        w->lines = (uint16_t)(w->lines + lines);
        w->blocks++;
        if (lines < w->least_lines)
            w->least_lines = lines;
        if (lines > w->most_lines)
            w->most_lines = lines;
        if (--t->blocks_left == 0) {
            if (w->rssi_samples == 0)
                w->rssi_min_counts = 0;
            t->state = TUNER_DONE;
        }
    }
}

void tuner_rssi(struct tuner *t, uint16_t counts)
{
    struct msg_tuner_window *w = &t->window;
    if (t->state != TUNER_HEARING)
        return;
    w->rssi_samples++;
    w->rssi_sum_counts += counts;
    if (counts < w->rssi_min_counts)
        w->rssi_min_counts = counts;
    if (counts > w->rssi_max_counts)
        w->rssi_max_counts = counts;
    if (counts > t->busy_above)
        w->busy_samples++;
}
