"""The serial line to the sensor head: framing, wire messages, clock, the port and its one owner."""
