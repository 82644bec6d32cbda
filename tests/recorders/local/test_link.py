"""The way from Locust's page to the live page, on Locust's real Flask application."""

from __future__ import annotations

import sys

import pytest
from locust.env import Environment
from locust.web import WebUI
from locust_telemetry.recorders.local import link

URL = "http://127.0.0.1:8090/?token=0123456789abcdef"


@pytest.fixture(autouse=True)
def no_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locust's page reads the command line again."""
    monkeypatch.setattr(sys, "argv", ["locust"])


def web_ui(**settings: object) -> WebUI:
    environment = Environment()
    environment.create_local_runner()
    return WebUI(environment, "127.0.0.1", 0, delayed_start=True, **settings)


def test_the_route_leads_there_without_the_token_where_anybody_may_follow() -> None:
    ui = web_ui()
    link.add(ui, URL, "127.0.0.1")
    answer = ui.app.test_client().get("/telemetry")
    assert (answer.status_code, answer.location) == (302, "http://127.0.0.1:8090/")


def test_behind_a_login_the_route_is_behind_it_too() -> None:
    ui = web_ui(web_login=True)
    ui.app.secret_key = "of the test"
    ui.login_manager.user_loader(lambda user_id: None)
    link.add(ui, URL, "127.0.0.1")
    answer = ui.app.test_client().get("/telemetry")
    assert "8090" not in (answer.location or "")
    assert answer.status_code in (302, 401)


def test_it_stands_among_the_downloads_after_those_of_others() -> None:
    ui = web_ui()
    theirs = {"href": "./theirs.csv", "title": "theirs"}
    ui.template_args["extended_csv_files"] = [theirs]
    link.add(ui, URL, "127.0.0.1")
    assert ui.template_args["extended_csv_files"] == [theirs, {"href": "./telemetry", "title": link.TITLE}]
    assert link.TITLE in ui.app.test_client().get("/").text


def test_a_page_that_is_served_everywhere_is_where_locust_s_own_page_is() -> None:
    ui = web_ui()
    link.add(ui, URL, "0.0.0.0")
    answer = ui.app.test_client().get("/telemetry", headers={"Host": "loadgen.test:8089"})
    assert answer.location == "http://loadgen.test:8090/"


def test_nobody_is_sent_to_their_own_machine() -> None:
    ui = web_ui()
    link.add(ui, URL, "127.0.0.1")
    answer = ui.app.test_client().get("/telemetry", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert (answer.status_code, answer.location) == (404, None)
    assert "token" not in answer.text
