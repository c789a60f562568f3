/* The clock of bursts, compiled: what sweep/wifi/traffic/cadence.py and comb.py say in Python, once more and faster.
 *
 * Nothing is allocated and nothing kept: `struct clock_room` is memory of the caller, whose sizes are checked. What decides
 * comes from Python in `struct clock_rules`. tests/wifi/test_kernel_marks.py holds both together. */
#include "kernel.h"

#define THIN 8 /* of so many places one sample is kept; comb.py has the filter before it */
#define TAPS 16
#define LONGEST 262144              /* places of the longest transform */
#define POINTS (LONGEST / THIN / 2) /* complex ones */
#define RATES 33                    /* looked at around the best of the transform */
#define REACH 0.4                   /* in turns over the whole span, to either side of it */
#define TERMS 18                    /* of the series of the exponential, to 1e-14 within REACH of the middle */
#define LANES 8                     /* phasors taken side by side, so that none waits for another */
#define TWO_PI 6.28318530717958647692
#define FURTHEST 1099511627776.0
#define ROUNDING 6755399441055744.0 /* added and taken away again it leaves the nearest whole number, the even of two */

struct clock_rules {
    double slowest_hz, fastest_hz, step_s, max_span_s, most_events_hz, as_good;
    double close_gap_s, wide_gap_s, idle_s, usual_share, full_share, large_share, big_share, rare_share, least_rare;
    double min_events, max_lag;
};

struct clock_room {
    int64_t events; /* so many fit `event_s`, `sizes`, `cosine` and `sine` */
    double *event_s, *sizes, *cosine, *sine;
    float *points[4]; /* POINTS each: a transform from the first two to the last two and back */
    const float
        *turns[2]; /* cosine and minus sine of 0, 1, 2 and 3 p turns of n, for p below n / 4, at 4 (n / 4 + p) */
    const float *halves[2]; /* the same of k turns of 2 n, for k below n / 2, at n / 2 + k */
    const float *filter;    /* THIN rows of the even and then the odd ones of TAPS */
    uint32_t *counts;       /* see kernel.h */
};

/* What was measured of so many events; none where there are too few, or too many for pictures. */
struct clock_found {
    double events, zero_s, span_s, rate_hz, strength, between, mean_cosine, mean_sine;
};

struct complex {
    double re, im;
};

static double length_of(double re, double im)
{
    return __builtin_sqrt(re * re + im * im);
}

static double to_whole(double value)
{
    return (value + ROUNDING) - ROUNDING;
}

/* A turn is cut to an eighth on either side of a quarter, where the series of Taylor end early. No branches, so that several
 * are taken side by side: of -2 to 2 quarters the cosine is 1, 0 or -1, and so is the sine. */
void turn_all(const double *t_s, int64_t count, double turns_hz, double *restrict cosine, double *restrict sine)
{
    for (int64_t i = 0; i < count; i++) {
        double turns = turns_hz * t_s[i];
        turns = turns < FURTHEST ? turns : 0.0;
        turns = turns > -FURTHEST ? turns : 0.0;
        double quarters = 4.0 * turns, nearest = to_whole(quarters), x = (quarters - nearest) * (TWO_PI / 4), y = x * x;
        double s = 1.0 / 6227020800 - y * (1.0 / 1307674368000), c = 1.0 / 479001600 - y * (1.0 / 87178291200);
        s = -1.0 / 39916800 + y * s, c = -1.0 / 3628800 + y * c;
        s = 1.0 / 362880 + y * s, c = 1.0 / 40320 + y * c;
        s = -1.0 / 5040 + y * s, c = -1.0 / 720 + y * c;
        s = 1.0 / 120 + y * s, c = 1.0 / 24 + y * c;
        s = -1.0 / 6 + y * s, c = -0.5 + y * c;
        s = x + x * y * s, c = 1.0 + y * c;
        double quarter = nearest - 4.0 * to_whole(nearest * 0.25), size = __builtin_fabs(quarter);
        double its_cosine = 1.0 - size, its_sine = quarter * (2.0 - size);
        cosine[i] = its_cosine * c - its_sine * s;
        sine[i] = its_cosine * s + its_sine * c;
    }
}

/* ---- A Fourier transform of POINTS or fewer, a power of two, by fours (Stockham's, which needs no other order) ------ */

typedef float four __attribute__((vector_size(16)));
/* In memory, at any float. Not as an argument: gcc 14 for AArch64 ends with an internal error at one that is so aligned. */
typedef float four_at __attribute__((vector_size(16), aligned(4), may_alias));

static four load(const float *at)
{
    return *(const four_at *)at;
}

static void store(float *at, four value)
{
    *(four_at *)at = value;
}

/* One pass from `x` to `y`, real and imaginary parts, over values that lie `stride` apart, 4 at least. */
static void pass_by_four(int64_t n, int64_t stride, float *const x[2], float *const y[2], const struct clock_room *room)
{
    int64_t quarter = n / 4 * stride;
    for (int64_t p = 0; p < n / 4; p++) {
        const float *c = room->turns[0] + 4 * (n / 4 + p), *s = room->turns[1] + 4 * (n / 4 + p);
        float *to_r = y[0] + 4 * stride * p, *to_i = y[1] + 4 * stride * p;
        for (int64_t q = 0; q < stride; q += 4) {
            const float *r = x[0] + stride * p + q, *i = x[1] + stride * p + q;
            four ar = load(r), br = load(r + quarter), cr = load(r + 2 * quarter), dr = load(r + 3 * quarter);
            four ai = load(i), bi = load(i + quarter), ci = load(i + 2 * quarter), di = load(i + 3 * quarter);
            four sum_r = ar + cr, sum_i = ai + ci, less_r = ar - cr, less_i = ai - ci;
            four other_r = br + dr, other_i = bi + di, turn_r = bi - di, turn_i = dr - br;
            four one_r = less_r + turn_r, one_i = less_i + turn_i, two_r = sum_r - other_r, two_i = sum_i - other_i;
            four three_r = less_r - turn_r, three_i = less_i - turn_i;
            store(to_r + q, sum_r + other_r);
            store(to_i + q, sum_i + other_i);
            store(to_r + q + stride, one_r * c[1] - one_i * s[1]);
            store(to_i + q + stride, one_r * s[1] + one_i * c[1]);
            store(to_r + q + 2 * stride, two_r * c[2] - two_i * s[2]);
            store(to_i + q + 2 * stride, two_r * s[2] + two_i * c[2]);
            store(to_r + q + 3 * stride, three_r * c[3] - three_i * s[3]);
            store(to_i + q + 3 * stride, three_r * s[3] + three_i * c[3]);
        }
    }
}

/* The first pass: values lie side by side, and behind the first quarter and TAPS more they are zero. */
static void first_pass(int64_t n, float *const x[2], float *const y[2], const struct clock_room *room)
{
    int64_t quarter = n / 4;
    for (int64_t p = 0; p < quarter; p++) {
        four c = load(room->turns[0] + 4 * (quarter + p)), s = load(room->turns[1] + 4 * (quarter + p));
        four r = {x[0][p], x[0][p], x[0][p], x[0][p]}, i = {x[1][p], x[1][p], x[1][p], x[1][p]};
        if (p < TAPS) { /* the second quarter turns by 0, -1, -2 and -3 quarters more */
            float br = x[0][quarter + p], bi = x[1][quarter + p];
            r += (four){br, bi, -br, -bi};
            i += (four){bi, -br, -bi, br};
        }
        store(y[0] + 4 * p, r * c - i * s);
        store(y[1] + 4 * p, r * s + i * c);
    }
}

/* Transform `n` values of points[0] and points[1], of which the first quarter and TAPS more may differ from zero; the
 * number of the array in which the real parts are then, the imaginary ones in the next. */
static int transform(int64_t n, const struct clock_room *room)
{
    int64_t stride = 4;
    int at = 2;
    first_pass(n, room->points, room->points + 2, room);
    for (n /= 4; n >= 4; n /= 4, stride *= 4, at ^= 2)
        pass_by_four(n, stride, room->points + at, room->points + (at ^ 2), room);
    if (n == 2) {
        for (int part = 0; part < 2; part++) {
            const float *x = room->points[at + part];
            float *y = room->points[(at ^ 2) + part];
            for (int64_t q = 0; q < stride; q += 4) {
                store(y + q, load(x + q) + load(x + q + stride));
                store(y + q + stride, load(x + q) - load(x + q + stride));
            }
        }
        at ^= 2;
    }
    return at;
}

/* The slowest of the rates at which events are nearly as strong as at the best, in turns of `length` places. Places ascend
 * from 0 to below a quarter of `length`, which is a power of two from 64 THIN on to LONGEST. */
static int64_t find_coarsely(const double *event_s, int64_t count, int64_t length, const struct clock_rules *rules,
                             const struct clock_room *room)
{
    int64_t samples = length / THIN, n = samples / 2;
    float *const *points = room->points; /* a real series, its even and its odd samples as one complex series */
    for (int64_t i = 0; i < n; i += 4) {
        store(points[0] + i, (four){0.0F});
        store(points[1] + i, (four){0.0F});
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t place = (int64_t)to_whole(event_s[i] / rules->step_s), first = place / THIN;
        if (place < 0 || first + TAPS > samples / 2)
            continue;
        const float *taps = room->filter + place % THIN * TAPS;
        float *even = points[first & 1] + first / 2, *odd = points[~first & 1] + first / 2 + (first & 1);
        for (int64_t tap = 0; tap < TAPS / 2; tap += 4) {
            store(even + tap, load(even + tap) + load(taps + tap));
            store(odd + tap, load(odd + tap) + load(taps + TAPS / 2 + tap));
        }
    }
    int at = transform(n, room);
    const float *re = points[at], *im = points[at + 1];
    float *power = points[at ^ 2];
    int64_t lowest = (int64_t)(rules->slowest_hz * (double)length * rules->step_s);
    int64_t highest = (int64_t)(rules->fastest_hz * (double)length * rules->step_s);
    lowest = lowest < 4 ? 4 : lowest < n / 2 - 4 ? lowest : n / 2 - 4;
    highest = highest < n / 2 - 1 ? highest : n / 2 - 1;
    for (int64_t k = lowest / 4 * 4; k <= highest; k += 4) {
        four ar = load(re + k), ai = load(im + k), br = load(re + n - k - 3), bi = load(im + n - k - 3);
        br = __builtin_shufflevector(br, br, 3, 2, 1, 0);
        bi = __builtin_shufflevector(bi, bi, 3, 2, 1, 0);
        four c = load(room->halves[0] + n / 2 + k), s = load(room->halves[1] + n / 2 + k);
        four other_r = ai + bi, other_i = br - ar;
        four whole_r = ar + br + other_r * c - other_i * s, whole_i = ai - bi + other_r * s + other_i * c;
        store(power + k, whole_r * whole_r + whole_i * whole_i);
    }
    float most = 0.0F;
    for (int64_t k = lowest; k <= highest; k++)
        most = power[k] > most ? power[k] : most;
    float enough = (float)(rules->as_good * rules->as_good) * most;
    int64_t k = lowest;
    while (k < highest && power[k] < enough)
        k++;
    return k;
}

/* The best of RATES rates around `rate_hz`, and how strong it is.  Around one rate the sum of phasors is a series in the
 * distance from it, whose terms are moments of the phasors over the span. */
static double fit_rate(const struct clock_room *room, int64_t count, double span_s, double *rate_hz)
{
    double re[TERMS][LANES] = {{0}}, im[TERMS][LANES] = {{0}};
    turn_all(room->event_s, count, *rate_hz, room->cosine, room->sine);
    for (int64_t first = 0; first < count; first += LANES) {
        double x[LANES] = {0}, zr[LANES] = {0}, zi[LANES] = {0};
        for (int64_t n = 0; n < LANES && first + n < count; n++) {
            x[n] = TWO_PI * REACH * (room->event_s[first + n] / span_s - 0.5);
            zr[n] = room->cosine[first + n];
            zi[n] = room->sine[first + n];
        }
        for (int k = 0; k < TERMS; k++) {
            for (int n = 0; n < LANES; n++) {
                re[k][n] += zr[n];
                im[k][n] += zi[n];
                zr[n] *= x[n];
                zi[n] *= x[n];
            }
        }
    }
    struct complex moment[TERMS];
    double factorial = 1.0;
    for (int k = 0; k < TERMS; k++) {
        double sum_r = 0.0, sum_i = 0.0;
        for (int n = 0; n < LANES; n++) {
            sum_r += re[k][n];
            sum_i += im[k][n];
        }
        factorial *= k ? k : 1;
        sum_r /= factorial;
        sum_i /= factorial;
        /* times i^k */
        moment[k].re = k % 4 == 0 ? sum_r : k % 4 == 1 ? -sum_i : k % 4 == 2 ? -sum_r : sum_i;
        moment[k].im = k % 4 == 0 ? sum_i : k % 4 == 1 ? sum_r : k % 4 == 2 ? -sum_i : -sum_r;
    }
    double best = -1.0, best_rate_hz = *rate_hz;
    for (int number = 0; number < RATES; number++) {
        double away = (2.0 * number) / (RATES - 1) - 1.0;
        struct complex sum = {0.0, 0.0};
        for (int k = TERMS - 1; k >= 0; k--) {
            sum.re = sum.re * away + moment[k].re;
            sum.im = sum.im * away + moment[k].im;
        }
        double fit = length_of(sum.re, sum.im) / (double)count;
        if (fit > best) {
            best = fit;
            best_rate_hz = *rate_hz + REACH * away / span_s;
        }
    }
    *rate_hz = best_rate_hz;
    return best;
}

/* How well intervals keep to the rate, over several of them, and the mean phasor. */
static void weigh_intervals(const struct clock_room *room, int64_t count, int64_t max_lag, struct clock_found *found)
{
    const double *c = room->cosine, *s = room->sine;
    turn_all(room->event_s, count, found->rate_hz, room->cosine, room->sine);
    found->between = 0.0;
    for (int64_t lag = 0; lag <= max_lag && lag < count; lag++) {
        double re[LANES] = {0}, im[LANES] = {0};
        int64_t i = 0, pairs = count - lag;
        for (; i + LANES <= pairs; i += LANES) {
            for (int n = 0; n < LANES; n++) {
                re[n] += lag ? c[i + n] * c[i + n + lag] + s[i + n] * s[i + n + lag] : c[i + n];
                im[n] += lag ? c[i + n] * s[i + n + lag] - s[i + n] * c[i + n + lag] : s[i + n];
            }
        }
        for (; i < pairs; i++) {
            re[0] += lag ? c[i] * c[i + lag] + s[i] * s[i + lag] : c[i];
            im[0] += lag ? c[i] * s[i + lag] - s[i] * c[i + lag] : s[i];
        }
        double whole_r = 0.0, whole_i = 0.0;
        for (int n = 0; n < LANES; n++) {
            whole_r += re[n];
            whole_i += im[n];
        }
        if (lag == 0) {
            found->mean_cosine = whole_r / (double)count;
            found->mean_sine = whole_i / (double)count;
        } else {
            double between = length_of(whole_r, whole_i) / (double)pairs;
            found->between = between > found->between ? between : found->between;
        }
    }
}

/* The clock that `count` events at room->event_s keep best; they are counted from the first one from then on. */
static void search(struct clock_found *found, int64_t count, const struct clock_rules *rules,
                   const struct clock_room *room)
{
    double *event_s = room->event_s;
    *found = (struct clock_found){.events = 0.0};
    if ((double)count < rules->min_events || count < 1)
        return;
    double zero_s = event_s[0];
    int64_t inside = 0;
    while (inside < count && event_s[inside] <= zero_s + rules->max_span_s)
        inside++;
    for (int64_t i = 0; i < inside; i++)
        event_s[i] -= zero_s;
    count = inside;
    if ((double)count < rules->min_events || count < 1)
        return;
    double span_s = event_s[count - 1];
    if (!(span_s >= rules->min_events / rules->fastest_hz) || (double)count > rules->most_events_hz * span_s)
        return;
    double wanted = 4.0 * (to_whole(span_s / rules->step_s) + 1.0) - 1.0;
    int64_t length = 64 * THIN;
    while (length < LONGEST && (double)length <= wanted)
        length *= 2;
    if ((double)length <= wanted)
        return;
    int64_t turns = find_coarsely(event_s, count, length, rules, room);
    found->events = (double)count;
    found->zero_s = zero_s;
    found->span_s = span_s;
    found->rate_hz = (double)turns / ((double)length * rules->step_s);
    found->strength = fit_rate(room, count, span_s, &found->rate_hz);
    weigh_intervals(room, count, (int64_t)rules->max_lag, found);
}

static bool ascends(const double *t_s, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (!(t_s[i] >= (i ? t_s[i - 1] : -FURTHEST)) || !(t_s[i] < FURTHEST))
            return false;
    }
    return true;
}

/* The clock of events that ascend; false where they do not fit the room. */
bool find_clock(const double *event_s, int64_t count, const struct clock_rules *rules, const struct clock_room *room,
                struct clock_found *found)
{
    if (count > room->events || !ascends(event_s, count))
        return false;
    for (int64_t i = 0; i < count; i++)
        room->event_s[i] = event_s[i];
    search(found, count, rules, room);
    return true;
}

/* Start times of bursts with `gap_s` of silence between them, and their octets where `sizes` is not NULL, of frames of
 * `least` octets and more. */
static int64_t split(const double *t_s, const int32_t *octets, int64_t count, double gap_s, double least,
                     double *event_s, double *sizes)
{
    int64_t bursts = 0, last = -1;
    for (int64_t i = 0; i < count; i++) {
        if ((double)octets[i] < least)
            continue;
        if (last < 0 || t_s[i] - t_s[last] >= gap_s) {
            event_s[bursts] = t_s[i];
            if (sizes)
                sizes[bursts] = 0.0;
            bursts++;
        }
        if (sizes)
            sizes[bursts - 1] += octets[i];
        last = i;
    }
    return bursts;
}

/* The clocks of six kinds of events, as `_list_events` has them, without the first event of each; how many kinds there
 * are, or -1 where the frames do not fit the room or have lengths that do not fit the table. */
int64_t find_clocks(const double *t_s, const int32_t *octets, int64_t count, const struct clock_rules *rules,
                    struct clock_room *room, struct clock_found *found)
{
    struct lengths lengths = {room->counts, 0};
    if (count < 1 || count > room->events || !ascends(t_s, count) || !lengths_count(&lengths, octets, count))
        return -1;
    double usual = lengths_quantile(&lengths, LENGTHS, count, rules->usual_share);
    double full = rules->full_share * usual, large = rules->large_share * usual;
    double rare = rules->rare_share * (double)count, most_rare = rare > rules->least_rare ? rare : rules->least_rare;
    struct clock_room rest = *room; /* the same without its first event */
    rest.event_s++;
    int64_t kinds = 0, events;

    events = split(t_s, octets, count, rules->close_gap_s, 0.0, room->event_s, 0);
    search(&found[kinds++], events - 1, rules, &rest);

    events = split(t_s, octets, count, rules->wide_gap_s, 0.0, room->event_s, room->sizes);
    double least = rules->big_share * values_quantile(room->sizes, events, 0.5);
    int64_t kept = 0;
    for (int64_t i = 0; i < events; i++) {
        if (room->sizes[i] >= least)
            room->event_s[kept++] = room->event_s[i];
    }
    search(&found[kinds++], kept - 1, rules, &rest);

    for (int kind = 0; kind < 3; kind++) {
        events = 0;
        for (int64_t i = 1; i < count; i++) {
            bool was_end = octets[i - 1] < full, has_room = t_s[i] - t_s[i - 1] >= rules->idle_s;
            bool was_rare = (double)lengths.counts[octets[i - 1]] <= most_rare;
            if (kind == 0 ? !was_end && octets[i] < full : has_room && (kind == 1 ? was_end : was_rare))
                room->event_s[events++] = t_s[i];
        }
        search(&found[kinds++], events - 1, rules, &rest);
    }

    int64_t large_ones = 0;
    for (int64_t i = 0; i < count; i++)
        large_ones += octets[i] >= large;
    if (large_ones < count) {
        events = split(t_s, octets, count, rules->close_gap_s, large, room->event_s, 0);
        search(&found[kinds++], events - 1, rules, &rest);
    }
    lengths_clear(&lengths, octets, count);
    return kinds;
}
