/* The fine fit of registration: what `fit_plainly` of sweep/lens/pixels/register.py says in Python, once more and faster.
 *
 * Six numbers are fitted to a few thousand pixels in a dozen rounds of Gauss and Newton; in Python each round is forty
 * calls on short columns. tests/lens/test_kernel_register.py holds both together. */
#include "kernel.h"

enum { PARTS = 6, LANES = 8, GROUPS = 8, SUMS = PARTS * (PARTS + 3) / 2, DIGITS = 2048 };

struct fit_rules {
    int32_t iterations, least_inside;
    double step_px, huber;
};

/* The pixels of a reference that take part: where they lie, what they show, and how that changes with each of six numbers. */
struct chosen {
    const int64_t *places;
    const float *jacobian; /* PARTS columns */
    int64_t count;
};

/* Memory of the caller: columns as long as there are pixels. */
struct fit_room {
    float *column, *row, *target, *value, *residual;
};

/* Value between four pixels; those outside are 0. */
static float read_at(const struct image *of, float x, float y)
{
    if (!(x > -1.0f && y > -1.0f && x < (float)of->width && y < (float)of->height))
        return 0.0f;
    int32_t u = (int32_t)(x + 1.0f) - 1, v = (int32_t)(y + 1.0f) - 1;
    float right = x - (float)u, down = y - (float)v;
    if (right < 0.0f) { /* adding one has rounded it up */
        u--;
        right += 1.0f;
    }
    if (down < 0.0f) {
        v--;
        down += 1.0f;
    }
    float corners[4];
    if (u >= 0 && v >= 0 && u + 1 < of->width && v + 1 < of->height) {
        const float *at = of->at + (int64_t)v * of->width + u;
        corners[0] = at[0];
        corners[1] = at[1];
        corners[2] = at[of->width];
        corners[3] = at[of->width + 1];
    } else
        for (int32_t k = 0; k < 4; k++) {
            int32_t column = u + (k & 1), row = v + (k >> 1);
            bool is_inside = column >= 0 && row >= 0 && column < of->width && row < of->height;
            corners[k] = is_inside ? of->at[(int64_t)row * of->width + column] : 0.0f;
        }
    float upper = corners[0] + (corners[1] - corners[0]) * right;
    float lower = corners[2] + (corners[3] - corners[2]) * right;
    return upper + (lower - upper) * down;
}

static void read_all(const struct image *moved, const double *motion, const struct fit_room *room, int64_t count)
{
    float a = (float)motion[0], b = (float)motion[1], c = (float)motion[2];
    float d = (float)motion[3], e = (float)motion[4], f = (float)motion[5];
    for (int64_t i = 0; i < count; i++) {
        float x = room->column[i], y = room->row[i];
        room->value[i] = read_at(moved, a * x + (b * y + c), d * x + (e * y + f));
    }
}

static double hold(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static float size_of(float x)
{
    return x < 0.0f ? -x : x;
}

/* Bits of a float that is not negative: in the order of what they stand for. */
static uint32_t bits_of(float x)
{
    union {
        float value;
        uint32_t bits;
    } either = {x};
    return either.bits;
}

/* Upper median of the moduli of every fourth residual, digit by digit of their bits. */
static float middle_modulus(const float *residual, int64_t count)
{
    uint32_t found = 0, known = 0;
    int64_t wanted = ((count + 3) / 4) / 2;
    static const int32_t shifts[3] = {21, 10, 0};
    for (int32_t k = 0; k < 3; k++) {
        uint32_t counts[DIGITS] = {0}, digit = 0;
        for (int64_t i = 0; i < count; i += 4) {
            uint32_t bits = bits_of(size_of(residual[i]));
            if ((bits & known) == found)
                counts[(bits >> shifts[k]) & (DIGITS - 1)]++;
        }
        while (digit < DIGITS - 1 && wanted >= counts[digit])
            wanted -= counts[digit++];
        found |= digit << shifts[k];
        known |= (uint32_t)(DIGITS - 1) << shifts[k];
    }
    union {
        uint32_t bits;
        float value;
    } either = {found};
    return either.value;
}

/* Ratio of the two frames' light, and what is left of their difference with it. */
static void compare(const struct fit_room *room, int64_t count)
{
    double power = 0.0, common = 0.0;
    for (int64_t i = 0; i < count; i++) {
        power += (double)room->value[i] * (double)room->value[i];
        common += (double)room->target[i] * (double)room->value[i];
    }
    float gain = (float)hold(power > 0.0 ? common / power : 1.0, 0.5, 2.0);
    for (int64_t i = 0; i < count; i++)
        room->residual[i] = room->value[i] * gain - room->target[i];
}

/* LANES pixels of the normal equations: each number with those behind it, and with what is left of the difference. */
static void add_pixels(const float parts[PARTS + 1][LANES], const float *weight, float sums[SUMS][LANES])
{
    for (int32_t a = 0, k = 0; a < PARTS; a++) {
        float weighted[LANES];
        for (int32_t l = 0; l < LANES; l++)
            weighted[l] = parts[a][l] * weight[l];
        for (int32_t b = a; b <= PARTS; b++, k++)
            for (int32_t l = 0; l < LANES; l++)
                sums[k][l] += weighted[l] * parts[b][l];
    }
}

/* The weighted normal equations: PARTS rows of PARTS numbers and what they have to come to. */
static void add_up(const struct chosen *chosen, const struct fit_room *room, float limit, double normal[PARTS][LANES])
{
    double all[SUMS] = {0.0};
    for (int64_t begin = 0; begin < chosen->count;) {
        float sums[SUMS][LANES] = {{0.0f}};
        for (int32_t group = 0; group < GROUPS && begin < chosen->count; group++, begin += LANES) {
            int64_t left = chosen->count - begin;
            float parts[PARTS + 1][LANES] = {{0.0f}}, weight[LANES] = {0.0f};
            int32_t here = left < LANES ? (int32_t)left : LANES;
            for (int32_t l = 0; l < here; l++) {
                float residual = room->residual[begin + l];
                float certain = least(1.0f, limit / (size_of(residual) + 1e-9f));
                weight[l] = room->value[begin + l] == 0.0f ? 0.0f : certain;
                parts[PARTS][l] = residual;
            }
            for (int32_t a = 0; a < PARTS; a++)
                for (int32_t l = 0; l < here; l++)
                    parts[a][l] = chosen->jacobian[a * chosen->count + begin + l];
            add_pixels(parts, weight, sums);
        }
        for (int32_t k = 0; k < SUMS; k++)
            for (int32_t l = 0; l < LANES; l++)
                all[k] += (double)sums[k][l];
    }
    for (int32_t a = 0, k = 0; a < PARTS; a++)
        for (int32_t b = a; b <= PARTS; b++, k++) {
            normal[a][b] = all[k];
            if (b < PARTS)
                normal[b][a] = all[k];
        }
    for (int32_t a = 0; a < PARTS; a++)
        normal[a][a] = normal[a][a] * (1.0 + 1e-4) + 1e-3;
}

/* Gauss with pivots; the answer takes the place of what the rows have to come to. */
static void solve(double rows[PARTS][LANES], double *answer)
{
    for (int32_t k = 0; k < PARTS; k++) {
        int32_t best = k;
        for (int32_t i = k + 1; i < PARTS; i++)
            if (__builtin_fabs(rows[i][k]) > __builtin_fabs(rows[best][k]))
                best = i;
        for (int32_t j = 0; j <= PARTS; j++) {
            double other = rows[k][j];
            rows[k][j] = rows[best][j];
            rows[best][j] = other;
        }
        for (int32_t i = k + 1; i < PARTS; i++) {
            double times = rows[i][k] / rows[k][k];
            for (int32_t j = k; j <= PARTS; j++)
                rows[i][j] -= times * rows[k][j];
        }
    }
    for (int32_t k = PARTS - 1; k >= 0; k--) {
        double sum = rows[k][PARTS];
        for (int32_t j = k + 1; j < PARTS; j++)
            sum -= rows[k][j] * answer[j];
        answer[k] = sum / rows[k][k];
    }
}

/* Motion times the inverse of the increment that was found in the reference's frame, about the middle of the image. */
static void compose_inverse(double *motion, const double *delta, double width, double height)
{
    double a = 1.0 + delta[1] / width, b = delta[2] / width, c = delta[4] / width, d = 1.0 + delta[5] / width;
    double u = width / 2, v = height / 2;
    double x = delta[0] + u - (a * u + b * v), y = delta[3] + v - (c * u + d * v);
    double determinant = a * d - b * c;
    if (__builtin_fabs(determinant) < 0.1)
        return;
    double scale = 1.0 / determinant;
    double back[6] = {d * scale, -b * scale, 0.0, -c * scale, a * scale, 0.0};
    back[2] = -(back[0] * x + back[1] * y);
    back[5] = -(back[3] * x + back[4] * y);
    for (int32_t i = 0; i < 6; i += 3) {
        double p = motion[i], q = motion[i + 1];
        motion[i] = p * back[0] + q * back[3];
        motion[i + 1] = p * back[1] + q * back[4];
        motion[i + 2] += p * back[2] + q * back[5];
    }
}

static double correlate(const struct fit_room *room, int64_t count, int32_t least_inside)
{
    double a = 0.0, b = 0.0, aa = 0.0, bb = 0.0, ab = 0.0;
    int64_t inside = 0;
    for (int64_t i = 0; i < count; i++)
        if (room->value[i] != 0.0f) {
            a += (double)room->target[i];
            b += (double)room->value[i];
            inside++;
        }
    if (inside < least_inside)
        return 0.0;
    a /= (double)inside;
    b /= (double)inside;
    for (int64_t i = 0; i < count; i++)
        if (room->value[i] != 0.0f) {
            double one = (double)room->target[i] - a, other = (double)room->value[i] - b;
            aa += one * one;
            bb += other * other;
            ab += one * other;
        }
    double norm = __builtin_sqrt(aa * bb);
    return norm > 0.0 ? ab / norm : 0.0;
}

/* Fit the motion from a reference to another frame, 2 x 3, beginning with what stands in `motion`. Returns the correlation
 * of the two after it, -1 to 1. */
double fit_motion(const struct image *reference, const struct image *moved, const struct chosen *chosen,
                  const struct fit_rules *rules, const struct fit_room *room, double *motion)
{
    double width = (double)reference->width, height = (double)reference->height;
    int64_t pixels = (int64_t)reference->width * reference->height;
    for (int64_t i = 0; i < chosen->count; i++) {
        int64_t at = chosen->places[i];
        at = at < 0 ? 0 : at >= pixels ? pixels - 1 : at;
        room->row[i] = (float)(at / reference->width);
        room->column[i] = (float)(at % reference->width);
        room->target[i] = reference->at[at];
    }
    for (int32_t round = 0; round < rules->iterations && chosen->count; round++) {
        read_all(moved, motion, room, chosen->count);
        compare(room, chosen->count);
        float scale = 1.4826f * middle_modulus(room->residual, chosen->count) + 1e-6f;
        double normal[PARTS][LANES], delta[PARTS], largest = 0.0;
        add_up(chosen, room, (float)rules->huber * scale, normal);
        solve(normal, delta);
        compose_inverse(motion, delta, width, height);
        bool is_lost = false;
        for (int32_t k = 0; k < 6; k++) {
            double limit = k % 3 == 2 ? 2.0 * width : 1e300;
            is_lost |= !(__builtin_fabs(motion[k]) <= limit);
            largest = __builtin_fabs(delta[k]) > largest ? __builtin_fabs(delta[k]) : largest;
        }
        if (is_lost) {
            for (int32_t k = 0; k < 6; k++)
                motion[k] = k % 4 == 0 ? 1.0 : 0.0;
            break;
        }
        if (largest < rules->step_px)
            break;
    }
    read_all(moved, motion, room, chosen->count);
    return correlate(room, chosen->count, rules->least_inside);
}
