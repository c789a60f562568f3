/* The marks of a window of a flow, compiled: what sweep/wifi/traffic/windows.py and unclocked.py say in Python, once more and
 * faster.
 *
 * Nothing is allocated and nothing kept: memory is the caller's, and its sizes are checked. What decides comes from Python
 * in `struct mark_rules`. tests/wifi/test_kernel_marks.py holds both together. */
#include "kernel.h"

#define NEVER (-1.0)

struct mark_rules {
    double tone_octets, tone_share, least_tone;                                   /* a constant sound */
    double sound_strength, sound_rayleigh, sound_turns_cosine;                    /* a varying one */
    double group_gap_s, group_octets, joined_octets, even_octets, full_share;     /* pieces of a picture, and its end */
    double talk_octets, long_answer_octets, first_step, last_step, mostly_joined; /* answers */
    double early_turns, end_share, least_ends;                                    /* periods of a clock */
};

struct unclocked_rules {
    double full_share, min_short_ends_hz, max_ticks_hz, end_share, least_ends, full_octets;
};

/* ---- Counted lengths --------------------------------------------------------------------------------------------- */

bool lengths_count(struct lengths *to, const int32_t *octets, int64_t count)
{
    to->top = 0;
    for (int64_t i = 0; i < count; i++) {
        if (octets[i] < 0 || octets[i] >= LENGTHS)
            return false;
        to->top = octets[i] > to->top ? octets[i] : to->top;
    }
    for (int64_t i = 0; i < count; i++)
        to->counts[octets[i]]++;
    return true;
}

void lengths_clear(struct lengths *of, const int32_t *octets, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        of->counts[octets[i]] = 0;
}

/* Between two neighbours in order, as numpy does it. */
static double between(double below, double above, double part)
{
    return part >= 0.5 ? above - (above - below) * (1.0 - part) : below + (above - below) * part;
}

double lengths_quantile(const struct lengths *of, int32_t limit, int64_t count, double share)
{
    double at = (double)(count - 1) * share;
    int64_t low = (int64_t)at, seen = 0;
    int32_t length = -1;
    while (length < of->top && length < limit - 1 && seen <= low)
        seen += of->counts[++length];
    int32_t next = length;
    if (seen <= low + 1 && low + 1 < count) {
        do
            next++;
        while (next < of->top && next < limit - 1 && !of->counts[next]);
    }
    return between(length, next, at - (double)low);
}

int32_t lengths_commonest(const struct lengths *of)
{
    int32_t found = 0;
    for (int32_t length = 0; length <= of->top; length++)
        found = of->counts[length] > of->counts[found] ? length : found;
    return found;
}

/* ---- Order of numbers that are not below zero -------------------------------------------------------------------- */

static uint64_t bits_of(double value)
{
    union {
        double value;
        uint64_t bits;
    } one = {.value = value + 0.0}; /* -0 becomes 0 */
    return one.bits;
}

static double value_of(uint64_t bits)
{
    union {
        uint64_t bits;
        double value;
    } one = {.bits = bits};
    return one.value;
}

/* The number with so many before it in order, found eight bits after eight: they are ordered as their bits are. */
static double pick(const double *values, int64_t count, int64_t before)
{
    uint64_t found = 0, known = 0;
    for (int shift = 56; shift >= 0; shift -= 8) {
        int64_t counts[256] = {0};
        uint64_t last = 0;
        int64_t left = before;
        for (int64_t i = 0; i < count; i++) {
            uint64_t bits = bits_of(values[i]);
            if ((bits & known) == found) {
                counts[bits >> shift & 255]++;
                last = bits;
            }
        }
        uint64_t digit = 0;
        while (digit < 255 && counts[digit] <= left)
            left -= counts[digit++];
        before = left;
        found |= digit << shift;
        known |= (uint64_t)255 << shift;
        if (counts[digit] == 1 && (last & known) == found)
            return value_of(last);
    }
    return value_of(found);
}

double values_quantile(const double *values, int64_t count, double share)
{
    double at = (double)(count - 1) * share;
    int64_t low = (int64_t)at, up_to = 0;
    double below = pick(values, count, low), above = NEVER;
    for (int64_t i = 0; i < count; i++) {
        if (values[i] <= below)
            up_to++;
        else
            above = above < 0.0 || values[i] < above ? values[i] : above;
    }
    return between(below, up_to > low + 1 || above < 0.0 ? below : above, at - (double)low);
}

/* ---- One window -------------------------------------------------------------------------------------------------- */

struct window_frames {
    const double *t_s;
    const int32_t *octets;
    int64_t count;
};

/* Octets of large frames beside a full one, as `_grouped` has it before it divides. */
static double sum_grouped(const struct window_frames *of, const struct lengths *lengths, const struct mark_rules *rules)
{
    const int32_t *octets = of->octets;
    int64_t single = 0;
    double sum = 0.0;
    if (of->count < 2)
        return 0.0;
    for (int64_t i = 0; i < of->count; i++)
        single += octets[i] < rules->joined_octets;
    double usual =
        single ? lengths_quantile(lengths, (int32_t)rules->joined_octets, single, 0.98) : rules->joined_octets;
    double full = rules->full_share * usual;
    bool was_piece = false;
    for (int64_t i = 0; i < of->count; i++) {
        bool is_piece = false;
        if (i + 1 < of->count && of->t_s[i + 1] - of->t_s[i] < rules->group_gap_s) {
            int32_t more = octets[i + 1] - octets[i];
            is_piece = octets[i] >= full || octets[i + 1] >= full || (more < 0 ? -more : more) <= rules->even_octets;
        }
        if ((is_piece || was_piece || octets[i] >= rules->joined_octets) && octets[i] >= rules->group_octets)
            sum += octets[i];
        was_piece = is_piece;
    }
    return sum;
}

/* Octets of frames of the peer that are longer than acknowledgements, and of those longer than requests, as
 * `_pick_answers` has them; `lengths` are those of all frames of the peer. */
static void sum_answers(const struct lengths *lengths, const struct mark_rules *rules, double *answers, double *longer)
{
    int32_t talk = (int32_t)rules->talk_octets, common = 0, common_count = 0, joined_step = 0;
    int64_t all = 0, most = -1;
    for (int32_t length = 0; length <= lengths->top; length++) {
        int32_t count = (int32_t)lengths->counts[length];
        if (length >= talk)
            all += count;
        else if (count > common_count) {
            common = length;
            common_count = count;
        }
    }
    if (common_count && all) {
        for (int32_t step = (int32_t)rules->first_step; step < (int32_t)rules->last_step; step++) {
            int64_t fits = 0;
            int32_t first = talk - (talk - common + 2) % step; /* each `step` from there on, five lengths fit */
            for (; first <= lengths->top; first += step) {
                for (int32_t length = first; length < first + 5 && length <= lengths->top; length++)
                    fits += length >= talk ? lengths->counts[length] : 0;
            }
            if (fits > most) {
                most = fits;
                joined_step = step;
            }
        }
    }
    bool are_joined = joined_step && (double)most / (double)all > rules->mostly_joined;
    *answers = *longer = 0.0;
    for (int32_t length = talk; length <= lengths->top; length++) {
        double octets = (double)length * lengths->counts[length];
        if (!octets || (are_joined && (length - common + 2) % joined_step <= 4))
            continue;
        *answers += octets;
        if (length >= rules->long_answer_octets)
            *longer += octets;
    }
}

/* Frames from `first` to before `last` without a constant sound, counted from `begin_s`, and the sums that
 * `windows.Shares` names; `t_s` and `octets` have room for them all. How many are left, or -1 where a length does not fit
 * the table. */
int64_t cut_window(const double *all_s, const int32_t *all, int64_t count, const int32_t *back, int64_t back_count,
                   double begin_s, const struct mark_rules *rules, uint32_t *counts, double *t_s, int32_t *octets,
                   double *sums)
{
    struct lengths lengths = {counts, 0};
    for (int i = 0; i < 6; i++)
        sums[i] = 0.0;
    if (!lengths_count(&lengths, back, back_count))
        return -1;
    for (int64_t i = 0; i < back_count; i++)
        sums[2] += back[i];
    sum_answers(&lengths, rules, &sums[3], &sums[4]);
    lengths_clear(&lengths, back, back_count);

    if (!lengths_count(&lengths, all, count))
        return -1;
    double share = rules->tone_share * (double)count;
    double common = share > rules->least_tone ? share : rules->least_tone;
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++) {
        sums[0] += all[i];
        if (all[i] < rules->tone_octets && (double)counts[all[i]] >= common)
            continue;
        t_s[kept] = all_s[i] - begin_s;
        octets[kept++] = all[i];
        sums[1] += all[i];
    }
    if (kept < count) {
        for (int32_t length = 0; length < rules->tone_octets && length <= lengths.top; length++) {
            if ((double)counts[length] >= common)
                counts[length] = 0;
        }
    }
    sums[5] = sum_grouped(&(struct window_frames){t_s, octets, kept}, &lengths, rules);
    lengths_clear(&lengths, all, count);
    return kept;
}

/* Which frames are sound, as `is_sound` has it: 1 in `sound`, and how many; -1 without room for `count` phasors. */
int64_t find_sound(const double *t_s, const int32_t *octets, int64_t count, const double *rates_hz, int64_t rates,
                   const struct mark_rules *rules, double *short_s, double *cosine, double *sine, int64_t room,
                   uint8_t *sound)
{
    int64_t shorter = 0, found = 0;
    double most = -1.0, most_hz = 0.0, most_r = 0.0, most_i = 0.0;
    if (count > room)
        return -1;
    for (int64_t i = 0; i < count; i++) {
        sound[i] = 0;
        if (octets[i] < rules->tone_octets)
            short_s[shorter++] = t_s[i];
    }
    for (int64_t number = 0; number < rates; number++) {
        double re = 0.0, im = 0.0;
        turn_all(short_s, shorter, rates_hz[number], cosine, sine);
        for (int64_t i = 0; i < shorter; i++) {
            re += cosine[i];
            im += sine[i];
        }
        if (re * re + im * im > most) {
            most = re * re + im * im;
            most_hz = rates_hz[number];
            most_r = re;
            most_i = im;
        }
    }
    double length = __builtin_sqrt(most), strength = shorter ? length / (double)shorter : 0.0;
    if (strength < rules->sound_strength || strength * strength * (double)shorter < rules->sound_rayleigh)
        return 0;
    turn_all(short_s, shorter, most_hz, cosine, sine);
    for (int64_t i = 0, at = 0; i < count; i++) {
        if (octets[i] >= rules->tone_octets)
            continue;
        sound[i] = cosine[at] * most_r + sine[at] * most_i > rules->sound_turns_cosine * length;
        found += sound[i];
        at++;
    }
    return found;
}

/* Sum of the octets of each period of a clock in `ticks`; how many periods, or -1 where there is no room for them. */
static int64_t sum_ticks(const struct window_frames *of, double rate_hz, double tick_s, double early, double *ticks,
                         int64_t room)
{
    double first = 0.0;
    int64_t count = 0;
    for (int64_t i = 0; i < of->count; i++) {
        double turns = (of->t_s[i] - tick_s) * rate_hz + early;
        if (!(turns > -1e15 && turns < 1e15))
            return -1;
        double tick = (double)(int64_t)turns;
        tick = tick > turns ? tick - 1.0 : tick;
        first = i ? first : tick;
        if (tick < first || tick - first >= (double)room)
            return -1;
        int64_t place = (int64_t)(tick - first);
        while (count <= place)
            ticks[count++] = 0.0;
        ticks[place] += of->octets[i];
    }
    return count;
}

/* As `_measure_ticks`: `marks` are octets, grouped octets, periods, ends, filled periods, and of a period the usual octets,
 * the height that so many `peaks` have, spread and three quantiles. 1, 0 where there are fewer than `min_ticks` periods or
 * nothing came, -1 where something does not fit. */
int64_t measure_ticks(const double *t_s, const int32_t *octets, int64_t count, double rate_hz, double tick_s,
                      int64_t peaks, int64_t min_ticks, const struct mark_rules *rules, uint32_t *counts, double *ticks,
                      double *sizes, int64_t room, double *marks)
{
    struct window_frames frames = {t_s, octets, count};
    struct lengths lengths = {counts, 0};
    int64_t periods = sum_ticks(&frames, rate_hz, tick_s, rules->early_turns, ticks, room) - 2, filled = 0, before = -1;
    if (periods < -2 || !lengths_count(&lengths, octets, count))
        return -1;
    marks[0] = 0.0;
    for (int64_t i = 0; i < count; i++)
        marks[0] += octets[i];
    marks[1] = sum_grouped(&frames, &lengths, rules);
    marks[2] = (double)periods;
    double most = rules->end_share * (double)periods;
    most = most > rules->least_ends ? most : rules->least_ends;
    int32_t commonest = lengths_commonest(&lengths);
    marks[3] = 0.0;
    for (int32_t length = 0; length <= lengths.top; length++) {
        if (length != commonest)
            marks[3] += counts[length] < most ? counts[length] : most;
    }
    lengths_clear(&lengths, octets, count);
    if (periods < min_ticks || periods < 1)
        return 0;
    for (int64_t i = 0; i < periods; i++) {
        if (ticks[i + 1] > 0.0) {
            sizes[filled] = ticks[i + 1] / (double)(filled ? i - before : 1); /* what waited counts for all it waited */
            before = i;
            filled++;
        }
    }
    if (!filled)
        return 0;
    marks[4] = (double)filled;
    marks[5] = values_quantile(sizes, filled, 0.5);
    marks[6] = pick(sizes, filled, peaks < filled ? filled - peaks : 0);
    marks[8] = values_quantile(sizes, filled, 0.75);
    marks[9] = values_quantile(sizes, filled, 0.95);
    for (int64_t i = 0; i < filled; i++)
        sizes[i] = sizes[i] > marks[5] ? sizes[i] - marks[5] : marks[5] - sizes[i];
    marks[7] = values_quantile(sizes, filled, 0.5);
    return 1;
}

/* As `measure_unclocked`: `marks` are octets, ends with no length more than its share, their distinct lengths, all ends,
 * frames of the three commonest lengths, the usual octets between ends and their median deviation, seconds in which
 * something came, mean and variance of the octets of two seconds, and octets of the commonest long length.  -1 where
 * something does not fit; `seconds` and `twos` have one place for each second and each two. */
int64_t measure_unclocked(const double *t_s, const int32_t *octets, int64_t count, double seconds,
                          const struct unclocked_rules *rules, uint32_t *counts, double *blocks, double *twos,
                          uint8_t *seconds_seen, int64_t whole_seconds, int64_t whole_twos, double *marks)
{
    struct lengths lengths = {counts, 0};
    if (count < 1 || !lengths_count(&lengths, octets, count))
        return -1;
    for (int i = 0; i < 11; i++)
        marks[i] = 0.0;
    double full = rules->full_share * lengths_quantile(&lengths, LENGTHS, count, 0.9);
    int32_t commonest = lengths_commonest(&lengths), shortest_full = 0; /* ends are below it */
    while (shortest_full <= lengths.top && shortest_full < full)
        shortest_full++;
    int64_t ends = 0;
    for (int32_t length = 0; length < shortest_full && length <= lengths.top; length++)
        ends += counts[length];
    bool are_short = (double)ends >= rules->min_short_ends_hz * seconds;
    double most = rules->end_share * rules->max_ticks_hz * seconds;
    most = most > rules->least_ends ? most : rules->least_ends;
    uint32_t top[3] = {0};
    for (int32_t length = 0; length <= lengths.top; length++) {
        uint32_t its = counts[length];
        if (!its)
            continue;
        if (are_short ? length < shortest_full : length != commonest) {
            marks[1] += its < most ? its : most;
            marks[2] += 1.0;
            marks[3] += its;
        }
        for (int place = 0; place < 3; place++) {
            if (its > top[place]) {
                uint32_t moved = top[place];
                top[place] = its;
                its = moved;
            }
        }
        double sum = (double)length * counts[length];
        if (length >= rules->full_octets && sum > marks[10])
            marks[10] = sum;
    }
    marks[4] = (double)top[0] + top[1] + top[2];
    for (int64_t i = 0; i < whole_seconds; i++)
        seconds_seen[i] = 0;
    for (int64_t i = 0; i < whole_twos; i++)
        twos[i] = 0.0;
    int64_t bursts = 0;
    bool begins = true;
    for (int64_t i = 0; i < count; i++) {
        marks[0] += octets[i];
        if (begins)
            blocks[bursts++] = 0.0;
        blocks[bursts - 1] += octets[i];
        begins = are_short ? octets[i] < shortest_full : octets[i] != commonest;
        if (t_s[i] >= 0.0 && t_s[i] < (double)whole_seconds)
            seconds_seen[(int64_t)t_s[i]] = 1;
        if (t_s[i] >= 0.0 && t_s[i] / 2.0 < (double)whole_twos)
            twos[(int64_t)(t_s[i] / 2.0)] += octets[i];
    }
    lengths_clear(&lengths, octets, count);
    marks[5] = values_quantile(blocks, bursts, 0.5);
    for (int64_t i = 0; i < bursts; i++)
        blocks[i] = blocks[i] > marks[5] ? blocks[i] - marks[5] : marks[5] - blocks[i];
    marks[6] = values_quantile(blocks, bursts, 0.5);
    for (int64_t i = 0; i < whole_seconds; i++)
        marks[7] += seconds_seen[i];
    for (int64_t i = 0; i < whole_twos; i++)
        marks[8] += twos[i];
    marks[8] /= (double)whole_twos;
    for (int64_t i = 0; i < whole_twos; i++)
        marks[9] += (twos[i] - marks[8]) * (twos[i] - marks[8]);
    marks[9] /= (double)whole_twos;
    return 1;
}
