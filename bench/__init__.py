"""Measurements. `make bench` prints one table; nothing here passes or fails."""
