"""The HTTP interface: thin routes, who may call which, what they share, and all of it put together in `app`."""
