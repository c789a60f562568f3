"""Packet capture files of all kinds, opened as blocks of packets."""
