"""A field test of the lens detector (FIELD-TEST.md): set-ups in a blind order, clips recorded, and marked."""
