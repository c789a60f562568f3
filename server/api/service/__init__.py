"""The running service: what routes share, its pulse, disk, upkeep."""
