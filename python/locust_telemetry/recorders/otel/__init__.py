"""The OpenTelemetry recorder: metrics and logs by OTLP, exported by native threads.

Nothing here is imported, and `opentelemetry` is not, unless the recorder is enabled or somebody uses a name of it;
`plugin` alone is loaded with the package.
"""
