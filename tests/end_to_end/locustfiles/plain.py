"""A locustfile that knows nothing of telemetry."""

from shop_users import FastShopper, Shopper  # noqa: F401
