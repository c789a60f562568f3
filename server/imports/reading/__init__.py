"""From the octets of a file to rows by field: lines of text, cuts, columns, cells as values."""
