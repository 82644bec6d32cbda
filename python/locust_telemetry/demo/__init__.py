"""What `locust-telemetry demo` runs: a small shop of its own, and users who visit it."""
