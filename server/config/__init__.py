"""Settings, periods of retention and the release: read once, decided by whoever runs the server."""
