"""BLE advertisers near the probe: what kind each is and how strong; never a camera by one loose hint."""

from .devices import BleScan, Device, build_scan, read_adverts, scan_file

__all__ = ["BleScan", "Device", "build_scan", "read_adverts", "scan_file"]
