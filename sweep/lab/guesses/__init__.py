"""What nobody measured: where it stands, and which of it moves a verdict most."""
