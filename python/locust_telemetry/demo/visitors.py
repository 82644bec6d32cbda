"""An ordinary locustfile: people who visit a small shop.

Nothing in it knows of telemetry, and nothing has to: the recorder is switched on from the command line. Locust starts
many users of the class below; each picks a task, waits a moment, picks another. The number given to ``@task`` is its
weight: a task of weight 6 is picked twice as often as one of weight 3.
"""

from __future__ import annotations

import random

from locust import FastHttpUser, between, task


class Visitor(FastHttpUser):
    """Browses, searches, fills a cart, and pays.

    ``FastHttpUser`` is Locust's fast client; ``HttpUser``, built on the ``requests`` library, has more features.
    """

    # Seconds between two tasks of the same user, chosen anew each time.
    wait_time = between(0.1, 0.5)

    @task(4)
    def open_the_home_page(self) -> None:
        """A fast page: what a healthy endpoint looks like."""
        self.client.get("/")

    @task(6)
    def look_at_an_item(self) -> None:
        """Mostly quick, with a long tail.

        Each item has an address of its own; ``name`` makes all of them one row of the statistics instead of hundreds.
        """
        self.client.get(f"/item/{random.randint(1, 500)}", name="/item/[id]")

    @task(3)
    def search(self) -> None:
        """Two speeds: four in five answers come from a cache, the fifth takes far longer."""
        self.client.get("/search")

    @task(2)
    def add_to_the_cart(self) -> None:
        """Fails about once in a hundred. Locust counts every answer of 400 or more as a failure by itself."""
        self.client.post("/cart", json={"item": random.randint(1, 500), "quantity": 1})

    @task(2)
    def check_out(self) -> None:
        """Steady, until the shop has a bad moment."""
        self.client.post("/checkout", json={"pay_by": "card"})
