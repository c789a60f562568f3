"""The serial link to the sensor head: framing, messages, clock and the one owner of the port."""
