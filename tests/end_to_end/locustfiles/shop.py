"""The shop with telemetry turned on, the documented way."""

from locust_telemetry import entrypoint
from shop_users import FastShopper, Shopper  # noqa: F401

entrypoint.initialize()
