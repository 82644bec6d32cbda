"""What is kept of how a run was started."""

from __future__ import annotations

import subprocess
from argparse import ArgumentParser
from pathlib import Path

import pytest
from locust import User
from locust_telemetry.recorders.local import facts

from tests.locust_doubles import environment


def parser() -> ArgumentParser:
    made = ArgumentParser()
    made.add_argument("--users", type=int, default=1)
    made.add_argument("--host")
    made.add_argument("--shop-password", default=None)
    secret = made.add_argument("--pin", default="")
    secret.is_secret = True  # type: ignore[attr-defined]
    return made


def changed(*arguments: str) -> dict[str, str]:
    made = parser()
    return facts.changed_options(made.parse_args(arguments), made._actions)


def test_options_at_their_defaults_are_left_out() -> None:
    assert changed() == {}
    assert changed("--users", "1") == {}
    assert changed("--users", "7") == {"users": "7"}


def test_what_is_named_or_marked_as_a_secret_is_hidden() -> None:
    kept = changed("--shop-password", "hunter2", "--pin", "1234")
    assert kept == {"shop_password": facts.HIDDEN, "pin": facts.HIDDEN}


def test_the_package_s_own_token_is_hidden() -> None:
    from locust_telemetry.options import WEB_TOKEN

    made = ArgumentParser()
    made.add_argument(WEB_TOKEN.flag)
    parsed = made.parse_args([WEB_TOKEN.flag, "0123456789abcdef"])
    assert facts.changed_options(parsed, made._actions) == {WEB_TOKEN.dest: facts.HIDDEN}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://me:secret@shop.test:8443/a", "https://shop.test:8443/a"),
        ("https://shop.test/a?token=s3cret&page=2", "https://shop.test/a?token=(hidden)&page=(hidden)"),
        ("['http://u:p@a.test', 'http://b.test?key=s']", "['http://a.test', 'http://b.test?key=(hidden)']"),
        ("https://shop.test/", "https://shop.test/"),
        ("me@shop.test", "me@shop.test"),
    ],
)
def test_credentials_in_urls_are_left_out(text: str, kept: str) -> None:
    assert facts.without_credentials(text) == kept
    assert changed("--host", text) == {"host": kept}


def test_long_values_are_cut() -> None:
    assert len(changed("--host", "x" * 10_000)["host"]) < 1_000


def test_no_parser_no_options() -> None:
    assert facts.changed_options(None, parser()._actions) == {}


def test_facts_tell_the_programs_the_locustfile_and_the_users() -> None:
    import locust
    import locust_telemetry

    class Shopper(User):
        pass

    env = environment(locustfile="/nowhere/shop.py")
    env.user_classes, env.host = [Shopper], "http://me:x@shop.test"
    told = facts.collect(env, [])
    assert told["locustfile"] == "/nowhere/shop.py"
    assert told["host"] == "http://shop.test"
    assert told["user_classes"] == ["Shopper"]
    assert told["versions"]["locust"] == locust.__version__
    assert told["versions"]["locust-telemetry"] == locust_telemetry.__version__


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@t.test", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    git("init")
    (tmp_path / "shop.py").write_text("")
    git("add", "shop.py")
    git("commit", "-m", "a shop")
    return tmp_path


def test_the_commit_of_the_locustfile_is_told_and_whether_it_was_changed(repository: Path) -> None:
    locustfile = str(repository / "shop.py")
    head = subprocess.run(
        ["git", "-C", str(repository), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert facts.git_commit(locustfile) == {"commit": head, "is_changed": False}
    (repository / "shop.py").write_text("# changed")
    assert facts.git_commit(locustfile) == {"commit": head, "is_changed": True}


def test_outside_of_a_repository_and_without_git_there_is_no_commit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, repository: Path
) -> None:
    assert facts.git_commit("/nowhere/shop.py") is None
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert facts.git_commit(str(repository / "shop.py")) is None


def test_a_locustfile_of_several_names_the_first_one_s_repository(repository: Path) -> None:
    assert facts.git_commit(f"{repository / 'shop.py'},other.py") is not None
