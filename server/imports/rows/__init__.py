"""What rows of every kind share: what a row is beside what is known, its district, its reasons."""
