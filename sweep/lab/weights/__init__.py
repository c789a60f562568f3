"""The weights of `sweep.judge`, counted over runs."""
