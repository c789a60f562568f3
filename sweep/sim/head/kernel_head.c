/* The loop around simavr's own step, compiled: of head_avr.py the lines that run half a million times a second.
 *
 * Nothing of simavr is known here but that one function and where the cycles stand. */
#include <stdint.h>

/* SHA-256 of this file, given by the compiler's command line: a library of another source is not used. */
const char *const KERNEL_SOURCE = SOURCE_SHA256;

typedef int step_function(void *avr);

/* Step until `end` cycles or until a state of at least `least_crashed`; the last state. */
int run_until(step_function *step, void *avr, const volatile uint64_t *cycle, uint64_t end, int least_crashed)
{
    int state = 0;
    while (*cycle < end && state < least_crashed)
        state = step(avr);
    return state;
}
