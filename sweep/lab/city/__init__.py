"""A simulated city: thousands of sweeps from measured curves, and what the operating points come to in it."""
