// Why the controller was reset. MCUSR says it, unless a bootloader cleared that: Optiboot up to 6 does, and from 4.6 on hands
// what it read to the program in r2; from 7 on it leaves MCUSR alone. Its version stands in the last two octets of the flash.
#ifndef CORE_RESET_CAUSE_H
#define CORE_RESET_CAUSE_H

#include <stdint.h>

#define RESET_UNKNOWN 0
#define RESET_POWER_ON 1
#define RESET_EXTERNAL 2
#define RESET_BROWN_OUT 4
#define RESET_WATCHDOG 8

// Bits as in MCUSR, RESET_UNKNOWN where nobody can tell. `r2`: the register when the program began; `bootloader`: major
// version in the upper octet, minor in the lower.
uint8_t reset_cause(uint8_t mcusr, uint8_t r2, uint16_t bootloader);

#endif
