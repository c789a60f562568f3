/* What the parts of the lens kernel share: images, and the few functions that a C library would have.
 *
 * An image is rows of floats one after the other. Nothing is allocated and nothing kept. */
#ifndef KERNEL_H
#define KERNEL_H
#include <stdbool.h>
#include <stdint.h>

struct image {
    const float *at;
    int32_t width, height;
};

/* To the nearest whole number, halves to the even one, as numpy's rint: adding and taking away what leaves no bit for
 * parts. Beyond 2^22 a float is a whole number, or near enough to be outside of any image. */
static inline float nearest(float x)
{
    const float no_parts = 12582912.0f; /* 1.5 x 2^23 */
    return x > -4194304.0f && x < 4194304.0f ? (x + no_parts) - no_parts : x;
}

/* As a place of 0 to `last`; what is no number is 0. */
static inline int32_t inside(float x, int32_t last)
{
    return x > 0.0f ? (x < (float)last ? (int32_t)x : last) : 0;
}

static inline int32_t within(int32_t x, int32_t last)
{
    return x < 0 ? 0 : x > last ? last : x;
}

static inline float least(float a, float b)
{
    return a < b ? a : b;
}

static inline float most(float a, float b)
{
    return a > b ? a : b;
}

static inline float square_root(float x)
{
    return __builtin_sqrtf(x);
}

/* Place in the frame to place at the measuring scale: shrinking by areas moves centres by half a pixel. */
static inline float to_level(float x, int32_t step)
{
    return (x + 0.5f) / (float)step - 0.5f;
}
#endif
