"""Statistics that metrics are computed from."""
