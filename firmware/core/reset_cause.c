#include "reset_cause.h"

#define ALL_CAUSES 0x0f
#define FIRST_WITH_R2 0x0406
#define LAST_KNOWN 0x09ff // others count from higher numbers, and what they leave in r2 is not known

uint8_t reset_cause(uint8_t mcusr, uint8_t r2, uint16_t bootloader)
{
    uint8_t own = mcusr & ALL_CAUSES;
    if (own != 0)
        return own;
    if (bootloader < FIRST_WITH_R2 || bootloader > LAST_KNOWN || r2 > ALL_CAUSES)
        return RESET_UNKNOWN;
    // A bootloader that cleared MCUSR and was entered by the reset line leaves through its own watchdog: it cannot tell that
    // from the program's.
    return r2 == RESET_WATCHDOG ? RESET_WATCHDOG | RESET_EXTERNAL : r2;
}
