#include "envelope.h"

extern inline void envelope_end_run(struct envelope *e, uint8_t is_burst);
extern inline void envelope_drop(struct envelope *e);
extern inline void envelope_skip(struct envelope *e);
extern inline void envelope_add(struct envelope *e, struct envelope_threshold *t, uint16_t counts);

void envelope_clear(struct envelope *e)
{
    memset(e, 0, sizeof *e);
    e->min = 0xffff;
}

void envelope_close(struct envelope *e, uint8_t is_burst)
{
    envelope_end_run(e, is_burst);
}

static uint16_t percentile(const struct envelope *e, uint8_t percent)
{
    if (e->samples == 0)
        return 0;
    uint16_t rank = (uint16_t)(((uint32_t)e->samples * percent + 99) / 100); // 1-based
    uint16_t before = 0;
    uint8_t bin = 0;
    while (bin < ENVELOPE_BINS - 1 && (uint16_t)(before + e->bins[bin]) < rank)
        before = (uint16_t)(before + e->bins[bin++]);
    uint16_t inside = 0;
    if (e->bins[bin] != 0)
        inside = (uint16_t)(((uint32_t)(uint16_t)(rank - before) << ENVELOPE_BIN_SHIFT) / e->bins[bin]);
    uint16_t value = (uint16_t)(((uint16_t)bin << ENVELOPE_BIN_SHIFT) + inside);
    if (value < e->min)
        return e->min;
    return value > e->max ? e->max : value;
}

void envelope_summarise(const struct envelope *e, uint16_t window_slots, struct msg_envelope_window *m)
{
    m->tick = e->tick;
    m->index = e->index;
    m->window_slots = window_slots;
    m->samples = e->samples;
    m->dropped = e->dropped;
    m->sum_counts = ((uint32_t)e->sum_high << 16) | e->sum_low;
    m->min_counts = e->samples ? e->min : 0;
    m->max_counts = e->max;
    m->p10_counts = percentile(e, 10);
    m->p50_counts = percentile(e, 50);
    m->p90_counts = percentile(e, 90);
    m->burst_samples = e->burst_samples;
    m->bursts = e->bursts;
    m->gaps = e->gaps;
    m->longest_burst_slots = e->longest_burst;
    m->longest_gap_slots = e->longest_gap;
}

uint8_t envelope_first_bin(const struct envelope *e)
{
    uint8_t bin = (uint8_t)(e->min >> ENVELOPE_BIN_SHIFT);
    if (e->samples == 0)
        return 0;
    return bin < ENVELOPE_BINS ? bin : ENVELOPE_BINS - 1;
}

uint8_t envelope_share(const struct envelope *e, uint8_t at, uint16_t *used)
{
    uint8_t bin = (uint8_t)(envelope_first_bin(e) + at);
    uint16_t inside = 0;
    if (at == ENVELOPE_SHARES - 1)
        inside = (uint16_t)(e->samples - *used);
    else if (bin < ENVELOPE_BINS)
        inside = e->bins[bin];
    *used = (uint16_t)(*used + inside);
    uint32_t share = inside ? ((uint32_t)inside * 255 + e->samples - 1) / e->samples : 0;
    return (uint8_t)share;
}
