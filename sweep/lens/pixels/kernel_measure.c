/* Places of one triple, measured: what sweep/lens/pixels/measure.py and measure_filtered.py say in Python, once more and faster.
 *
 * Each place is cut out of each frame once, and all that is summed over the cut-out is summed in one pass; Python takes a
 * pass over all cut-outs for each number. Order of the columns and what decides come from Python. That Python is what this
 * has to equal: tests/lens/test_kernel.py holds them together. */
#include "kernel.h"

/* SHA-256 of all of kernel*.[ch], given by the compiler's command line: a library of another source is not used. */
const char *const KERNEL_SOURCE = SOURCE_SHA256;

enum { RADIUS = 8, SIDE = 2 * RADIUS + 1, LANES = 20, MOST_RING = SIDE * SIDE };
#define FAR_AWAY 1e3f /* offset of the lanes beside a cut-out: no aperture and no window reaches them */

struct measure_rules {
    float core_px, point_px, wide_px, hollow_px; /* apertures; the annulus lies between the last two */
    float high, low;                             /* shares of saturation that areas are counted above */
    float window;                                /* the moments' window is exp(-window r^2) */
    float least_ratio, most_ratio;               /* of the lamps */
};

/* The same places in a frame: pixels of the frame at full size. */
struct places {
    const float *x, *y;
};

struct cut {
    float light[SIDE][LANES]; /* less what is around */
    float across[LANES], down[SIDE];
    float around;
};

struct lanes {
    float of[LANES];
};

static float total(const struct lanes *sums)
{
    double all = 0.0;
    for (int32_t j = 0; j < LANES; j++)
        all += (double)sums->of[j];
    return (float)all;
}

/* e^x for x of -80 to 0, to 2e-7 of it: 2^k times a polynomial over half an octave on either side. */
static float decay(float x)
{
    float k = nearest(x * 1.44269504f);
    float r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    union {
        int32_t bits;
        float value;
    } power = {((int32_t)k + 127) * (1 << 23)};
    return (p * r * r + r + 1.0f) * power.value;
}

/* The value that has half of the others below it, the upper one of two. */
static float upper_median(const float *values, int32_t count)
{
    int32_t half = count / 2;
    for (int32_t i = 0; i < count; i++) {
        int32_t below = 0, equal = 0;
        for (int32_t j = 0; j < count; j++) {
            below += values[j] < values[i];
            equal += values[j] == values[i];
        }
        if (below <= half && half < below + equal)
            return values[i];
    }
    return values[0];
}

/* Cut out what lies around a place, edge pixels repeated, and take away the median of its surroundings. */
static void cut_out(struct cut *to, const struct image *from, float x, float y, int32_t step, const int32_t *ring,
                    int32_t ring_count)
{
    float u = to_level(x, step), v = to_level(y, step);
    float nearest_u = nearest(u), nearest_v = nearest(v);
    int32_t column = inside(nearest_u, from->width - 1), row = inside(nearest_v, from->height - 1);
    float right = least(most(u - nearest_u, -1.0f), 1.0f), below = least(most(v - nearest_v, -1.0f), 1.0f);
    bool is_whole = column >= RADIUS && column + RADIUS < from->width;
    for (int32_t i = 0; i < SIDE; i++) {
        const float *line = from->at + (int64_t)within(row + i - RADIUS, from->height - 1) * from->width;
        if (is_whole)
            for (int32_t j = 0; j < SIDE; j++)
                to->light[i][j] = line[column - RADIUS + j];
        else
            for (int32_t j = 0; j < SIDE; j++)
                to->light[i][j] = line[within(column + j - RADIUS, from->width - 1)];
        to->down[i] = (float)(i - RADIUS) - below;
        to->across[i] = (float)(i - RADIUS) - right;
    }
    float values[MOST_RING] = {0.0f};
    for (int32_t k = 0; k < ring_count; k++)
        values[k] = to->light[ring[k] / SIDE][ring[k] % SIDE];
    to->around = upper_median(values, ring_count);
    for (int32_t j = SIDE; j < LANES; j++)
        to->across[j] = FAR_AWAY;
    for (int32_t i = 0; i < SIDE; i++) {
        for (int32_t j = SIDE; j < LANES; j++)
            to->light[i][j] = to->around;
        for (int32_t j = 0; j < LANES; j++)
            to->light[i][j] -= to->around;
    }
}

static inline float disc(float radius, float limit)
{
    return least(most((limit + 0.5f) - radius, 0.0f), 1.0f);
}

/* Light within an aperture. */
static float sum_point(const struct cut *of, float limit)
{
    struct lanes sum = {{0.0f}};
    for (int32_t i = 0; i < SIDE; i++)
        for (int32_t j = 0; j < LANES; j++) {
            float radius = square_root(of->across[j] * of->across[j] + of->down[i] * of->down[i]);
            sum.of[j] += of->light[i][j] * disc(radius, limit);
        }
    return total(&sum);
}

/* Pixels brighter than two shares of what saturates. */
static void count_areas(const struct cut *of, float full_e, const struct measure_rules *rules, float *high, float *low)
{
    float full = most(full_e - of->around, 1.0f);
    float above = rules->high * full, under = rules->low * full;
    int32_t bright[LANES] = {0}, dim[LANES] = {0}, all_bright = 0, all_dim = 0;
    for (int32_t i = 0; i < SIDE; i++)
        for (int32_t j = 0; j < LANES; j++) {
            bright[j] += of->light[i][j] > above;
            dim[j] += of->light[i][j] > under;
        }
    for (int32_t j = 0; j < LANES; j++) {
        all_bright += bright[j];
        all_dim += dim[j];
    }
    *high = (float)all_bright;
    *low = (float)all_dim;
}

static double unwindowed(double moment, double window)
{
    double inverse = 1.0 / (moment > 0.05 ? moment : 0.05) - 2.0 * window;
    double width = 1.0 / (inverse > 0.02 ? inverse : 0.02);
    return width < 0.05 ? 0.05 : width > 50.0 ? 50.0 : width;
}

/* Width, elongation and centre by moments under a window; `off` has its centre measured about the place on_axis. */
static void measure_shape(const struct cut *on, const struct cut *off, float window, float *width, float *elongation,
                          float *shift)
{
    float beside[LANES], beyond[SIDE];
    for (int32_t j = 0; j < LANES; j++)
        beside[j] = j < SIDE ? decay(-window * (on->across[j] * on->across[j])) : 0.0f;
    for (int32_t i = 0; i < SIDE; i++)
        beyond[i] = decay(-window * (on->down[i] * on->down[i]));
    struct lanes here = {{0}}, here_y = {{0}}, here_yy = {{0}}, there = {{0}}, there_y = {{0}};
    for (int32_t i = 0; i < SIDE; i++) {
        float y = on->down[i];
        for (int32_t j = 0; j < LANES; j++) {
            float share = beside[j] * beyond[i];
            float weight = most(on->light[i][j], 0.0f) * share, other = most(off->light[i][j], 0.0f) * share;
            here.of[j] += weight;
            here_y.of[j] += weight * y;
            here_yy.of[j] += weight * (y * y);
            there.of[j] += other;
            there_y.of[j] += other * y;
        }
    }
    double all = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0, xy = 0, also = 0, x3 = 0, y3 = 0;
    for (int32_t j = 0; j < SIDE; j++) {
        double x = (double)on->across[j], one = (double)here.of[j], two = (double)there.of[j];
        all += one;
        x1 += one * x;
        x2 += one * x * x;
        y1 += (double)here_y.of[j];
        y2 += (double)here_yy.of[j];
        xy += (double)here_y.of[j] * x;
        also += two;
        x3 += two * x;
        y3 += (double)there_y.of[j];
    }
    double sum = all + 1e-6, cx = x1 / sum, cy = y1 / sum;
    double xx = x2 / sum - cx * cx, yy = y2 / sum - cy * cy, slant = xy / sum - cx * cy;
    double mean = 0.5 * (xx + yy), squared = 0.25 * (xx - yy) * (xx - yy) + slant * slant;
    double spread = __builtin_sqrt(squared > 0.0 ? squared : 0.0);
    double big = unwindowed(mean + spread, (double)window), small = unwindowed(mean - spread, (double)window);
    *width = (float)__builtin_sqrt(0.5 * (big + small));
    *elongation = (float)__builtin_sqrt(big / small);
    double dx = x1 / (all + 1e-3) - x3 / (also + 1e-3), dy = y1 / (all + 1e-3) - y3 / (also + 1e-3);
    *shift = (float)__builtin_sqrt(dx * dx + dy * dy);
}

/* Sums of on_axis over its apertures; what a hole that is dark under both lamps takes away is given back before. */
static void measure_apertures(struct cut *on, const struct cut *off, float lost, float pixel_variance,
                              const struct measure_rules *rules, float *out)
{
    struct lanes core = {{0}}, point = {{0}}, wide = {{0}}, variance = {{0}}, annulus = {{0}}, area = {{0}};
    for (int32_t i = 0; i < SIDE; i++) {
        float y2 = on->down[i] * on->down[i];
        for (int32_t j = 0; j < LANES; j++) {
            float radius = square_root(on->across[j] * on->across[j] + y2);
            float in_core = disc(radius, rules->core_px), in_point = disc(radius, rules->point_px);
            float in_wide = disc(radius, rules->wide_px), in_annulus = in_wide - disc(radius, rules->hollow_px);
            float raw = on->light[i][j] + on->around;
            float light = on->light[i][j] - lost * least(off->light[i][j], 0.0f);
            on->light[i][j] = light;
            core.of[j] += light * in_core;
            point.of[j] += light * in_point;
            wide.of[j] += light * in_wide;
            variance.of[j] += (most(raw, 0.0f) + pixel_variance) * in_point;
            annulus.of[j] += light * in_annulus;
            area.of[j] += in_annulus;
        }
    }
    out[0] = total(&core);
    out[1] = total(&point);
    out[2] = total(&wide);
    out[3] = square_root(total(&variance));
    out[7] = total(&annulus) / total(&area) / most(on->around, 2.0f);
}

/* As `columns` of measure.py's MEASURED: one row of them a place. `saturated` as large as on_axis, 255 a full pixel. */
enum { MEASURED = 20 };

struct frames {
    struct image on_axis, off_axis;
    const uint8_t *saturated;
    int32_t step;
    float pixel_variance, full_e;
};

static float sum_saturated(const struct frames *of, float x, float y)
{
    int32_t column = inside(nearest(to_level(x, of->step)), of->on_axis.width - 1);
    int32_t row = inside(nearest(to_level(y, of->step)), of->on_axis.height - 1);
    int32_t left = within(column - RADIUS, column), right = within(column + RADIUS, of->on_axis.width - 1);
    int32_t sum = 0;
    for (int32_t i = row - RADIUS < 0 ? 0 : row - RADIUS; i <= row + RADIUS && i < of->on_axis.height; i++)
        for (int32_t j = left; j <= right; j++)
            sum += of->saturated[(int64_t)i * of->on_axis.width + j];
    return (float)sum / 255.0f;
}

void measure_places(const struct frames *frames, const struct measure_rules *rules, const struct places *on,
                    const struct places *off, int64_t count, const int32_t *ring, int32_t ring_count, float *out)
{
    struct cut here, there;
    for (int64_t n = 0; n < count; n++, out += MEASURED) {
        cut_out(&here, &frames->on_axis, on->x[n], on->y[n], frames->step, ring, ring_count);
        cut_out(&there, &frames->off_axis, off->x[n], off->y[n], frames->step, ring, ring_count);
        struct lanes point = {{0}}, wide = {{0}}, area = {{0}};
        for (int32_t i = 0; i < SIDE; i++)
            for (int32_t j = 0; j < LANES; j++) {
                float radius = square_root(there.across[j] * there.across[j] + there.down[i] * there.down[i]);
                float in_point = disc(radius, rules->point_px);
                area.of[j] += in_point;
                point.of[j] += there.light[i][j] * in_point;
                wide.of[j] += there.light[i][j] * disc(radius, rules->wide_px);
            }
        out[13] = total(&point);
        out[14] = total(&wide);
        out[15] = there.around;
        float dip = out[13] / total(&area) / most(there.around, 2.0f);
        out[16] = least(most(dip, -1.0f), 20.0f);
        count_areas(&there, frames->full_e, rules, &out[17], &out[18]);
        float ratio = here.around / most(there.around, 1.0f);
        ratio = least(most(ratio, rules->least_ratio), rules->most_ratio);
        float hole = least(most((-dip - 0.05f) / 0.1f, 0.0f), 1.0f);
        measure_apertures(&here, &there, ratio * hole, frames->pixel_variance, rules, out);
        float peak = here.light[RADIUS][RADIUS];
        for (int32_t i = RADIUS - 1; i <= RADIUS + 1; i++)
            for (int32_t j = RADIUS - 1; j <= RADIUS + 1; j++)
                peak = most(peak, here.light[i][j]);
        out[4] = peak;
        out[5] = here.around;
        float noise = square_root(most(here.around, 0.0f) + frames->pixel_variance), scatter = 0.0f;
        for (int32_t k = 0; k < ring_count; k++) {
            float light = here.light[ring[k] / SIDE][ring[k] % SIDE];
            scatter += least((light < 0.0f ? -light : light) / noise, 6.0f);
        }
        out[6] = 1.2533f * (scatter / (float)ring_count);
        measure_shape(&here, &there, rules->window, &out[8], &out[9], &out[19]);
        out[10] = sum_saturated(frames, on->x[n], on->y[n]);
        count_areas(&here, frames->full_e, rules, &out[11], &out[12]);
    }
}

/* Light of points under one lamp, and what is around them. */
void measure_points(const struct image *frame, int32_t step, const struct places *at, int64_t count, float point_px,
                    const int32_t *ring, int32_t ring_count, float *point, float *around)
{
    struct cut cut;
    for (int64_t n = 0; n < count; n++) {
        cut_out(&cut, frame, at->x[n], at->y[n], step, ring, ring_count);
        point[n] = sum_point(&cut, point_px);
        around[n] = cut.around;
    }
}

/* Light of off_axis along the baseline of the lamps where on_axis has none, over the flux of the place: the strongest pair
 * at the same step to either side, and the strongest of all. `on` and `off` are the widened fluxes. */
void measure_twins(const struct image *on, const struct image *off, int32_t step, const struct places *here,
                   const struct places *there, int64_t count, bool is_vertical, const int32_t *steps,
                   int32_t step_count, const float *flux_e, float *pairs, float *twins)
{
    int32_t last_u = on->width - 1, last_v = on->height - 1;
    for (int64_t n = 0; n < count; n++) {
        int32_t u = inside(nearest(to_level(here->x[n], step)), last_u);
        int32_t v = inside(nearest(to_level(here->y[n], step)), last_v);
        int32_t bu = inside(nearest(to_level(there->x[n], step)), last_u);
        int32_t bv = inside(nearest(to_level(there->y[n], step)), last_v);
        float pair = 0.0f, twin = 0.0f;
        for (int32_t k = 0; k < step_count; k++) {
            float only[2] = {0.0f, 0.0f};
            for (int32_t side = 0; side < 2; side++) {
                int32_t away = side ? steps[k] : -steps[k];
                int32_t column = is_vertical ? bu : bu + away, row = is_vertical ? bv + away : bv;
                int32_t lit_column = within(is_vertical ? u : u + away, last_u);
                int32_t lit_row = within(is_vertical ? v + away : v, last_v);
                if (column < 0 || row < 0 || column > last_u || row > last_v)
                    continue;
                float lit = most(on->at[(int64_t)lit_row * on->width + lit_column], 0.0f);
                only[side] = most(off->at[(int64_t)row * on->width + column] - lit, 0.0f);
            }
            pair = most(pair, least(only[0], only[1]));
            twin = most(twin, most(only[0], only[1]));
        }
        pairs[n] = least(pair / flux_e[n], 5.0f);
        twins[n] = least(twin / flux_e[n], 5.0f);
    }
}
