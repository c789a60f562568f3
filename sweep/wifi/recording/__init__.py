"""What was heard at a position, kept as lines and read back."""
