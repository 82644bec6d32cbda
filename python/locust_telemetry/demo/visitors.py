"""The demo's locustfile: people who visit the shop. Nothing in it knows of telemetry."""

from __future__ import annotations

import random

from locust import FastHttpUser, between, task


class Visitor(FastHttpUser):
    """Browses, searches, fills a cart, and now and then reads the report."""

    wait_time = between(0.1, 0.5)

    @task(4)
    def open_the_home_page(self) -> None:
        """A fast page."""
        self.client.get("/")

    @task(6)
    def look_at_an_item(self) -> None:
        """One row of the statistics for all items."""
        self.client.get(f"/item/{random.randint(1, 500)}", name="/item/[id]")

    @task(3)
    def search(self) -> None:
        """Two speeds."""
        self.client.get("/search")

    @task(2)
    def add_to_the_cart(self) -> None:
        """Fails now and then."""
        self.client.post("/cart", json={"item": random.randint(1, 500)})

    @task(2)
    def read_the_report(self) -> None:
        """Gets slow after a while."""
        self.client.get("/report")
