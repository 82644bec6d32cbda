"""Which JSON file a process writes."""

from pathlib import Path
from typing import Any

import pytest
from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.core.manager import RecorderPluginManager
from locust_telemetry.options import Options
from locust_telemetry.recorders.json.file import open_json_file, path_for
from locust_telemetry.session import Session

from tests.locust_doubles import RUNNERS, environment


@pytest.mark.parametrize(
    ("path", "role", "source_id", "expected"),
    [
        ("out/run.jsonl", "master", "master", "out/run.jsonl"),
        ("run.jsonl", "local", "local", "run.jsonl"),
        ("out/run.jsonl", "worker", "worker-0", "out/run.worker-0.jsonl"),
        ("run", "worker", "worker-12", "run.worker-12"),
        ("run.a.jsonl", "worker", "worker-1", "run.a.worker-1.jsonl"),
        (".hidden", "worker", "worker-1", ".hidden.worker-1"),
    ],
)
def test_only_workers_have_their_name_in_it(path: str, role: str, source_id: str, expected: str) -> None:
    assert path_for(Path(path), role, source_id) == Path(expected)


def connected(role: str, manager: RecorderPluginManager, **options: Any) -> Any:
    env = environment(RUNNERS[role]())
    session = Session(env.events, manager)
    session.options = Options(**options)
    env.telemetry_session = session  # type: ignore[attr-defined]
    return env


@pytest.mark.parametrize(
    ("role", "name"), [("master", "run.jsonl"), ("local", "run.jsonl"), ("worker", "run.worker-0.jsonl")]
)
def test_the_file_is_made(role: str, name: str, manager: RecorderPluginManager, tmp_path: Path) -> None:
    env = connected(role, manager, json_file=tmp_path / "run.jsonl", json_file_max_size_mib=0.001)
    open_json_file(env)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    env.telemetry_session.engine.shutdown()


def test_no_file_is_made_where_none_is_named(
    manager: RecorderPluginManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    open_json_file(connected("local", manager))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_opened_is_an_option_error(manager: RecorderPluginManager, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--lt-json-file: .*gone") as caught:
        open_json_file(connected("local", manager, json_file=tmp_path / "gone" / "run.jsonl"))
    assert isinstance(caught.value.__cause__, OSError)


def test_an_environment_without_telemetry_says_how_to_set_it_up(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"locust_telemetry\.setup"):
        open_json_file(environment())
