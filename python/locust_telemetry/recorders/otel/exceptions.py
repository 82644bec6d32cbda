"""What can go wrong with the registry of instruments."""

from __future__ import annotations


class OtelMetricNotRegisteredError(LookupError):
    """No instrument is registered for the metric; add an InstrumentSpec to a handler's `instruments`."""


class OtelMetricAlreadyRegisteredError(ValueError):
    """The metric has an instrument already; take that one from the registry, or choose another name."""
