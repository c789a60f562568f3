"""What an entry of the log is and how anyone verifies it: the signed envelope, the tree over entries, checkpoints."""
