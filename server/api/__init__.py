"""Routes: thin functions between HTTP and the modules that do the work, one file per part of the interface."""
