"""What this machine gives: its clocks, files that survive a power cut or a full disk, threads whose end is noticed."""
