"""The keys of bodies, from which single ones can be destroyed, and what is sealed under them (BODIES.md)."""
