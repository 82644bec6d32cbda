"""The demo: a small shop of its own, and users who visit it. `locust-telemetry demo` and `make demo` run it."""
