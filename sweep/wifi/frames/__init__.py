"""802.11 frames from octets to columns."""
