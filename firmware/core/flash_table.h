// Tables that stay in flash: the ATmega328P copies a plain const into its RAM at start, and RAM is what it is short of.
#ifndef CORE_FLASH_TABLE_H
#define CORE_FLASH_TABLE_H

#if defined(__AVR__) && !defined(__cppcheck__)
#include <avr/pgmspace.h>
#define FLASH_TABLE PROGMEM
#define FLASH_U8(place) pgm_read_byte(&(place))
#define FLASH_U16(place) pgm_read_word(&(place))
#else
#define FLASH_TABLE
#define FLASH_U8(place) (place)
#define FLASH_U16(place) (place)
#endif

#endif
