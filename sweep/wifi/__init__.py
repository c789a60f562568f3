"""Wi-Fi transmitters from 802.11 headers, and which of them send video; payload is never kept."""

from .frames.reading import read_log
from .scan import JudgedTransmitter, WifiScan, scan_file, scan_log

__all__ = ["JudgedTransmitter", "WifiScan", "read_log", "scan_file", "scan_log"]
