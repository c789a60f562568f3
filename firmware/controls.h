// The button and the buzzer of the probe: core/panel.c knows how they behave, this file wires and reports them.
#ifndef CONTROLS_H
#define CONTROLS_H

#include <stdint.h>

#include "core/messages.h"

void controls_work(uint32_t tick);                           // every turn of the loop
uint8_t controls_buzzer_set(const struct msg_buzzer_set *m); // 0 for beeps that are out of range
uint8_t controls_button_changes(void);                       // since reset; wraps

#endif
