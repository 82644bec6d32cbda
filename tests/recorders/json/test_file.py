"""Which JSON file a process writes."""

from pathlib import Path

import pytest
from locust_telemetry._native import Engine
from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.options import Options
from locust_telemetry.recorders.json.file import open_json_file, path_for

from tests.locust_doubles import RUNNERS


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


def test_the_file_is_made_under_the_name_of_its_process(tmp_path: Path) -> None:
    for role, name in [("master", "run.jsonl"), ("worker", "run.worker-0.jsonl")]:
        engine = Engine()
        open_json_file(engine, Options(json_file=tmp_path / "run.jsonl"), RUNNERS[role]())
        engine.shutdown()
        assert (tmp_path / name).exists()
    assert len(list(tmp_path.iterdir())) == 2


def test_no_file_is_made_where_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_json_file(Engine(), Options(), RUNNERS["local"]())
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_opened_is_an_option_error(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--lt-json-file: .*gone") as caught:
        open_json_file(Engine(), Options(json_file=tmp_path / "gone" / "run.jsonl"), RUNNERS["local"]())
    assert isinstance(caught.value.__cause__, OSError)
