"""People: accounts, sessions, waiting after wrong passwords, and who looked at what."""
