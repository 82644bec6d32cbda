"""Requests that take long enough to be told apart; every tenth to the till fails."""

from locust import HttpUser, constant, task


class Customer(HttpUser):
    """Looks and pays."""

    wait_time = constant(0.02)

    @task(3)
    def look(self) -> None:
        """Always succeeds."""
        self.client.get("/look")

    @task
    def pay(self) -> None:
        """Fails now and then."""
        self.client.post("/pay")
