/* Lengths of frames, counted: what kernel_clock.c and kernel_marks.c both need of the frames of a window.
 *
 * A table has one count for each length below LENGTHS and is all zeros between calls. */
#ifndef KERNEL_H
#define KERNEL_H
#include <stdbool.h>
#include <stdint.h>

#define LENGTHS 65536 /* no frame of 802.11 is as long; whoever has one that is goes the Python way */

struct lengths {
    uint32_t *counts;
    int32_t top; /* the longest one */
};

/* Count them; false, with nothing counted, where one does not fit the table. */
bool lengths_count(struct lengths *to, const int32_t *octets, int64_t count);
void lengths_clear(struct lengths *of, const int32_t *octets, int64_t count);
/* As columns.quantile, of those below `limit`, which are `count` and one at least. */
double lengths_quantile(const struct lengths *of, int32_t limit, int64_t count, double share);
/* The commonest one; the shortest of equally common ones. */
int32_t lengths_commonest(const struct lengths *of);
/* As columns.quantile, of one number at least, none below zero; changes their order nowhere. */
double values_quantile(const double *values, int64_t count, double share);
/* Cosine and sine of `turns_hz` times each time, to 1e-14; further away than 2^40 turns they are any number of [-1, 1]. */
void turn_all(const double *t_s, int64_t count, double turns_hz, double *cosine, double *sine);
#endif
