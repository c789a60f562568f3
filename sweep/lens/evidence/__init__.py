"""What a followed glint looks like, and whether that is a lens."""
