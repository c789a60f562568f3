"""Lists of facilities and rooms."""
