"""Routes of persons: accounts, logging in, second factors and second persons."""
