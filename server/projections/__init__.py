"""What the entries say, in tables that can be thrown away and rebuilt."""
