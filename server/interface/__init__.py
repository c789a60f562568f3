"""What comes in and what goes out over HTTP: bounded fields, requests, views and refusals."""
