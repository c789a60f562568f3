"""Who waits for which document, and the one process that makes them."""
