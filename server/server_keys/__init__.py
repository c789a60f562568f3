"""The server's own keys and the district's root key: made, handed over, renewed."""
