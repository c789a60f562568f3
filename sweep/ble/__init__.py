"""Bluetooth Low Energy devices from their advertisements."""
