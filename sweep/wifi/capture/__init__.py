"""Where frames come from: adapter, channels, file, simulation."""
