"""The otel recorder against the real OpenTelemetry Collector and the real Prometheus, and an independent decoder."""

import pytest

# Their assertions are to say what they compared, as those of the tests do.
pytest.register_assert_rewrite(
    *(f"{__name__}.{name}" for name in ("contract", "delivery", "otlp_books", "request_series"))
)
