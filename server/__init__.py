"""Ansim Sweep, the server: facilities, the append-only log of entries, sweep maps and exports."""
