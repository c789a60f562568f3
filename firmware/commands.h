// Commands of the host: each is one row of a table and one function beside it.
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdint.h>

extern uint16_t rx_bad_frames;
extern uint16_t rx_unknown_messages;

void commands_init(void);

// Takes what has arrived and answers it; bounded, so that a host that never stops talking cannot keep results from being
// sent.
void commands_take(void);

#endif
