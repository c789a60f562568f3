"""What holds for everybody before anybody is known: connections, names, bodies of requests, and shares of the work."""
