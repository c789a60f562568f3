"""The radios of the simulated room, and who listens to them."""
