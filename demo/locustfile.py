"""An ordinary locustfile: visitors and staff of a small shop.

Nothing in it knows of telemetry, and nothing has to: the recorder is switched on from the command line. Each class
below is one kind of user. Locust starts many of each; every one of them picks a task, waits a moment, picks another.
The number given to ``@task`` is its weight: a task of weight 6 is picked twice as often as one of weight 3.
"""

from __future__ import annotations

import random

from locust import FastHttpUser, HttpUser, between, task


class Shopper(FastHttpUser):
    """Browses, searches and fills a cart.

    ``FastHttpUser`` is Locust's fast client: the better choice where many requests matter more than special features.
    """

    # Five shoppers for each clerk.
    weight = 5
    # Seconds between two tasks of the same user, chosen anew each time.
    wait_time = between(0.05, 0.3)

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


class Clerk(HttpUser):
    """Reads reports and looks items up.

    ``HttpUser`` is Locust's usual client, built on the ``requests`` library: slower, but with all its features.
    """

    weight = 1
    wait_time = between(0.05, 0.3)

    @task(3)
    def read_the_report(self) -> None:
        """The more clerks read it at once, the longer it takes: what an overloaded endpoint looks like."""
        self.client.get("/report")

    @task(1)
    def check_an_item(self) -> None:
        """The same row of the statistics as the shoppers': same method, same name."""
        self.client.get(f"/item/{random.randint(1, 500)}", name="/item/[id]")
