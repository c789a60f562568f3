"""An exported log verified without the server, its database or pydantic: sweep/LOG.md says what is held against it."""
