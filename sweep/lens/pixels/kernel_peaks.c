/* Peaks of one scale of a triple: what sweep/lens/pixels/detect.py says in Python, once more and faster.
 *
 * The excess of on_axis over registered off_axis, its noise and its local maxima come out of one walk over the rows, of which
 * three are held at a time; Python makes an image of each. tests/lens/test_kernel_peaks.py holds both together. */
#include "kernel.h"

enum { BORDER = 3, FIELDS = 8, BLOCK = 16 };
#define MOST_WIDTH 4096       /* wider images go the Python way */
#define ROW (MOST_WIDTH + 48) /* rows that lie whole pages apart would push each other out of the cache */

struct peak_rules {
    float least_snr;   /* of a peak */
    float floor;       /* variance of a pixel without light */
    float noise_scale; /* standard deviation of the flux for unit noise of a pixel */
    float most_clutter;
    float shown_scale, shown_floor, faintest; /* of a maximum of on_axis alone: noise, read noise, flux */
};

/* Between two neighbours of a coarser image, as OpenCV's linear resize: centres of pixels lie on halves. */
struct between {
    int32_t low, high;
    float part;
};

static struct between place_between(int32_t at, int32_t size, int32_t of)
{
    double exact = ((double)at + 0.5) * ((double)of / (double)size) - 0.5;
    float place = (float)exact;
    int32_t low = (int32_t)place - (place < 0.0f && place != (float)(int32_t)place);
    float part = place - (float)low;
    if (low < 0)
        return (struct between){0, 0, 0.0f};
    if (low >= of - 1)
        return (struct between){of - 1, of - 1, 0.0f};
    return (struct between){low, low + 1, part};
}

/* Where the pixels of a row lie between those of a coarser one: runs of pixels between the same two of them. */
struct spread {
    int32_t low[ROW], end[ROW]; /* of each run */
    float part[ROW];            /* of each pixel */
    int32_t runs, of;
};

static void prepare_spread(struct spread *to, int32_t size, int32_t of)
{
    to->runs = 0;
    to->of = of;
    for (int32_t j = 0; j < size; j++) {
        struct between at = place_between(j, size, of);
        if (to->runs == 0 || to->low[to->runs - 1] != at.low)
            to->low[to->runs++] = at.low;
        to->end[to->runs - 1] = j + 1;
        to->part[j] = at.part;
    }
}

static void spread_line(const struct spread *by, const float *from, float *to)
{
    for (int32_t run = 0, j = 0; run < by->runs; run++) {
        int32_t low = by->low[run], end = by->end[run];
        float left = from[low], more = from[within(low + 1, by->of - 1)] - left;
        for (; j < end; j++)
            to[j] = left + more * by->part[j];
    }
}

/* Twice as many pixels, where that is all: a quarter of one neighbour and three of the other. */
static void double_line(const float *from, int32_t count, float *to)
{
    to[0] = from[0];
    to[2 * count - 1] = from[count - 1];
    for (int32_t j = 0; j < count - 1; j++) {
        to[2 * j + 1] = from[j] * 0.75f + from[j + 1] * 0.25f;
        to[2 * j + 2] = from[j] * 0.25f + from[j + 1] * 0.75f;
    }
}

static void blend_lines(const float *upper, const float *lower, float part, int32_t count, float *to)
{
    for (int32_t j = 0; j < count; j++)
        to[j] = upper[j] + (lower[j] - upper[j]) * part;
}

static void spread_row(const struct image *from, struct between row, const struct spread *columns, float *scratch,
                       float *to)
{
    blend_lines(from->at + (int64_t)row.low * from->width, from->at + (int64_t)row.high * from->width, row.part,
                from->width, scratch);
    spread_line(columns, scratch, to);
}

/* Noise of the excess for one row of half the resolution: off_axis light is on_axis light over the ratio of the lamps. */
static void noise_row(const float *mean, int32_t half, const float *gain, const struct peak_rules *rules, float *to)
{
    for (int32_t j = 0; j < half; j++) {
        float light = most(mean[2 * j], 0.0f) * (gain[j] + 1.0f);
        to[j] = square_root(light + (gain[j] * gain[j] + 1.0f) * rules->floor) * rules->noise_scale;
    }
}

struct rows {
    float excess[3][ROW], gain[3][ROW], noise[3][ROW];
    float half[2][ROW]; /* noise of the two rows of half the resolution that lie around */
    float half_gain[ROW], scratch[ROW];
    int32_t marks[ROW];
    struct spread full_columns, half_columns, noise_columns;
};

/* What is told of each place: its column and row, and FIELDS numbers. */
struct found {
    int64_t room, count;
    int32_t *places;
    float *fields;
};

struct levels {
    struct image flux, mean, widest, moved, lamp_ratio;
};

static float vertex(float low, float middle, float high)
{
    float curve = low - 2.0f * middle + high;
    return curve < -1e-6f ? least(most(0.5f * (low - high) / curve, -0.5f), 0.5f) : 0.0f;
}

static bool is_top(const float *const lines[3], int32_t j)
{
    float value = lines[1][j];
    for (int32_t i = 0; i < 3; i++)
        if (lines[i][j - 1] > value || lines[i][j] > value || lines[i][j + 1] > value)
            return false;
    return true;
}

/* `lines` are those around it that the place is the maximum of. */
static void tell(struct found *to, const struct levels *levels, const struct rows *rows, int32_t row, int32_t j,
                 const float *before, const float *line, const float *after)
{
    if (to->count < to->room) {
        int32_t held = row % 3;
        int64_t at = (int64_t)row * levels->flux.width + j;
        to->places[2 * to->count] = j;
        to->places[2 * to->count + 1] = row;
        float *one = to->fields + FIELDS * to->count;
        one[0] = rows->excess[held][j];
        one[1] = rows->excess[held][j] / rows->noise[held][j];
        one[2] = rows->gain[held][j];
        one[3] = rows->noise[held][j];
        one[4] = vertex(line[j - 1], line[j], line[j + 1]);
        one[5] = vertex(before[j], line[j], after[j]);
        one[6] = levels->flux.at[at];
        one[7] = levels->moved.at[at];
    }
    to->count++;
}

static void work_row(const struct levels *levels, const struct peak_rules *rules, struct rows *rows, int32_t i,
                     int32_t *held)
{
    int32_t width = levels->flux.width, height = levels->flux.height;
    int32_t half_width = (width + 1) / 2, half_height = (height + 1) / 2;
    struct between of_noise = place_between(i, height, half_height);
    for (int32_t k = of_noise.low; k <= of_noise.high; k++)
        if (held[k & 1] != k) {
            struct between row = place_between(k, half_height, levels->lamp_ratio.height);
            spread_row(&levels->lamp_ratio, row, &rows->half_columns, rows->scratch, rows->half_gain);
            noise_row(levels->mean.at + (int64_t)(2 * k) * width, half_width, rows->half_gain, rules,
                      rows->half[k & 1]);
            held[k & 1] = k;
        }
    float *excess = rows->excess[i % 3], *gain = rows->gain[i % 3], *noise = rows->noise[i % 3];
    blend_lines(rows->half[of_noise.low & 1], rows->half[of_noise.high & 1], of_noise.part, half_width, rows->scratch);
    if (width % 2)
        spread_line(&rows->noise_columns, rows->scratch, noise);
    else
        double_line(rows->scratch, half_width, noise);
    struct between row = place_between(i, height, levels->lamp_ratio.height);
    spread_row(&levels->lamp_ratio, row, &rows->full_columns, rows->scratch, gain);
    const float *light = levels->flux.at + (int64_t)i * width, *other = levels->moved.at + (int64_t)i * width;
    for (int32_t j = 0; j < width; j++)
        excess[j] = light[j] - other[j] * gain[j];
}

/* Modulus over the noise of every other pixel. */
static void thin_out(const float *excess, const float *noise, int32_t count, float limit, float *to)
{
    for (int32_t j = 0; j < count; j++) {
        float ratio = excess[2 * j] / noise[2 * j];
        to[j] = least(most(ratio, -ratio), limit);
    }
}

int64_t peak_octets(void)
{
    return (int64_t)sizeof(struct rows);
}

/* Whether on_axis alone has a maximum there that stands out of its noise. */
static bool is_shown(const struct levels *levels, const struct peak_rules *rules, int64_t at)
{
    float flux = levels->flux.at[at], light = most(levels->mean.at[at], 0.0f) + rules->shown_floor;
    return flux > rules->faintest && flux >= levels->widest.at[at] && flux > rules->shown_scale * square_root(light);
}

/* Mark the pixels of a row that are worth a look, for so many at once no branch is taken. */
static void mark(const float *excess, const float *noise, const float *flux, const float *widest, float least_snr,
                 float faintest, int32_t count, int32_t *marks)
{
    for (int32_t j = 0; j < count; j++) {
        int32_t is_over = excess[j] >= least_snr * noise[j], is_bright = flux[j] > faintest,
                is_widest = flux[j] >= widest[j];
        marks[j] = is_over | (is_bright & is_widest);
    }
}

static bool has_mark(const int32_t *marks)
{
    int32_t any = 0;
    for (int32_t j = 0; j < BLOCK; j++)
        any |= marks[j];
    return any != 0;
}

static void look(const struct levels *levels, const struct peak_rules *rules, struct rows *rows, int32_t row,
                 struct found *peaks, struct found *shown)
{
    int32_t width = levels->flux.width;
    int64_t line = (int64_t)row * width;
    const float *const lines[3] = {rows->excess[(row + 2) % 3], rows->excess[row % 3], rows->excess[(row + 1) % 3]};
    const float *noise = rows->noise[row % 3], *flux = levels->flux.at + line, *widest = levels->widest.at + line;
    int32_t end = width - BORDER;
    mark(lines[1], noise, flux, widest, rules->least_snr, rules->faintest, width, rows->marks);
    for (int32_t begin = BORDER; begin < end; begin += BLOCK) {
        if (begin + BLOCK <= end && !has_mark(rows->marks + begin))
            continue;
        for (int32_t j = begin; j < end && j < begin + BLOCK; j++) {
            if (!rows->marks[j])
                continue;
            if (lines[1][j] >= rules->least_snr * noise[j] && is_top(lines, j))
                tell(peaks, levels, rows, row, j, lines[0], lines[1], lines[2]);
            if (is_shown(levels, rules, line + j))
                tell(shown, levels, rows, row, j, flux - width, flux, flux + width);
        }
    }
}

/* Local maxima of on_axis minus off_axis that stand out of the noise, and those of on_axis alone, row by row. `moved` is
 * off_axis where registration puts it; `clutter` gets the modulus over the noise of every other pixel of every other row.
 * False where the images do not fit `rows`. */
bool find_peaks(const struct levels *levels, const struct peak_rules *rules, struct rows *rows, float *clutter,
                struct found *peaks, struct found *shown)
{
    int32_t width = levels->flux.width, height = levels->flux.height;
    int32_t half_width = (width + 1) / 2, held[2] = {-1, -1};
    if (width > MOST_WIDTH || levels->lamp_ratio.width > MOST_WIDTH)
        return false;
    prepare_spread(&rows->full_columns, width, levels->lamp_ratio.width);
    prepare_spread(&rows->half_columns, half_width, levels->lamp_ratio.width);
    prepare_spread(&rows->noise_columns, width, half_width);
    for (int32_t i = 0; i < height; i++) {
        work_row(levels, rules, rows, i, held);
        if (i % 2 == 0)
            thin_out(rows->excess[i % 3], rows->noise[i % 3], half_width, rules->most_clutter,
                     clutter + (int64_t)(i / 2) * half_width);
        if (i - 1 >= BORDER && i - 1 < height - BORDER)
            look(levels, rules, rows, i - 1, peaks, shown);
    }
    return true;
}
