"""Settings, wiring and process start."""
