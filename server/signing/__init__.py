"""Who may sign what, and which entries count."""
