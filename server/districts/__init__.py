"""Districts: which there are, and in which one a thing lies."""
