"""What stands of a finding, a case, a zone, a room, a sweep and a period: decided here, shown everywhere else."""
