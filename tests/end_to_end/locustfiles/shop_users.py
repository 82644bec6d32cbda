"""Two users of the shop, one for each HTTP client of Locust; telemetry is not mentioned here."""

import os

from independent_counter import IndependentCounter
from locust import FastHttpUser, HttpUser, constant, events

IndependentCounter(events)

WAIT_S = float(os.environ.get("SHOP_WAIT_S", "0.02"))


def home(user):
    user.client.get("/")


def item(user):
    user.client.get("/item/3", name="/item/[id]")


def cart(user):
    user.client.post("/cart", json={"item": 3})


def missing(user):
    user.client.get("/status/404", name="/missing")


def wrong_method(user):
    user.client.post("/", data="x")


class Shopper(HttpUser):
    wait_time = constant(WAIT_S)
    tasks = [home, item, cart, missing, wrong_method]


class FastShopper(FastHttpUser):
    wait_time = constant(WAIT_S)
    tasks = [home, item, cart, missing, wrong_method]
