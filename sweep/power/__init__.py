"""The camera's supply: one GPIO line that is high only while a declaration of two persons lives.

`keeper` in the sweep's process gives a lease, `holder` alone drives the line, `guard` watches the holder; each drops
the line when another dies. `line` is that line, `kernel` says what a released one does. Of the
rest of the probe holder and guard import only the lease, so that they start quickly.
"""
