"""Between a Pi's server and its city's: entries go up verbatim, and what a shift needs comes down (RELAY.md)."""
