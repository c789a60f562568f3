"""Camera and lamps fitted to recordings on a bench."""
