"""The sensor head without hardware: the real firmware in an emulator, and what stands at its pins."""
