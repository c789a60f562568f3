// What the head tells the host by itself: windows, tuner, exposures and chips, button, supply, counters.
#ifndef RESULTS_H
#define RESULTS_H

#include <stdint.h>

#include "core/messages.h"

void results_init(uint8_t reset_cause);
void results_send(void); // one of each kind that is due
void results_histogram_every(uint8_t every);
uint8_t results_buzzer_set(const struct msg_buzzer_set *m); // 0 for beeps that are out of range
uint8_t results_button_changes(void);                       // since reset; wraps

void send_identity(void);
void send_counters(void);

#endif
