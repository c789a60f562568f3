// What the head tells the host by itself: windows, tuner, exposures and chips, supply, counters.
#ifndef RESULTS_H
#define RESULTS_H

#include <stdint.h>

#include "core/frame.h"
#include "core/messages.h"

#define RESULTS_ROOM                                                                                                   \
    (2 * FRAME_OVERHEAD + 2 * MESSAGE_HEADER_SIZE + MSG_ENVELOPE_WINDOW_SIZE + MSG_ENVELOPE_HISTOGRAM_SIZE)

void results_init(uint8_t reset_cause);
void results_send(void); // one of each kind that is due
void results_histogram_every(uint8_t every);

void send_identity(void);
void send_counters(void);

#endif
