"""The order of the log and the tree over it (sweep/LOG.md): places, tiles, signed heads and proofs."""
