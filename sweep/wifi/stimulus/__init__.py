"""Whether traffic follows light or movement: sequences, statistics, stopping."""
