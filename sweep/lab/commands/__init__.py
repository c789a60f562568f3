"""Commands of the laboratory; they take their names in the command line from `sweep.cli`."""
