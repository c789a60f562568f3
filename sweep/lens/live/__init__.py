"""Looking as it happens: triples held together, pose, second looks."""
