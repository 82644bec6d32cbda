"""Holds the invariants of ARCHITECTURE.md that are about the shape of the tree."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CRATES = ROOT / "crates"

#: Which crates of the workspace each crate may know. Recorders never know each other.
ALLOWED = {
    "core": set(),
    "fleet": {"core"},
    "pipeline": {"core", "fleet"},
    "system": {"core"},
    "json": {"core", "pipeline"},
    "otlp": {"core", "pipeline"},
    "store": {"core", "pipeline"},
    "report": {"core", "pipeline", "store"},
    "web": {"core", "pipeline", "store", "report"},
    "cli": {"core", "pipeline", "json", "store", "report", "web"},
    "python": {"core", "fleet", "pipeline", "system", "json", "otlp", "store", "report", "web", "cli"},
}

#: What would let the core read a clock, do I/O or start a thread.
IMPURE = re.compile(
    r"\bstd::(time|fs|io|net|thread|process|env|sync::(Mutex|RwLock|Condvar|mpsc))\b|\b(SystemTime|Instant)\b"
)


def rust_sources(folder: Path) -> list[Path]:
    """Return the Rust files below a folder; there must be some."""
    files = sorted(folder.rglob("*.rs"))
    assert files, f"no Rust files in {folder}"
    return files


def metadata() -> dict:
    """Return what cargo knows of the workspace."""
    output = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps", "--offline"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return json.loads(output)


def test_crates_depend_in_one_direction_only():
    prefix = "locust-telemetry-"
    packages = {package["name"]: package for package in metadata()["packages"]}
    found = {name.removeprefix(prefix) for name in packages if name.startswith(prefix)}
    assert found == set(ALLOWED), "a crate is new or gone: say here which crates it may know"
    for crate, allowed in ALLOWED.items():
        known = {
            dependency["name"].removeprefix(prefix)
            for dependency in packages[prefix + crate]["dependencies"]
            if dependency["name"].startswith(prefix)
        }
        assert known <= allowed, f"{crate} must not know {known - allowed}"


def test_only_the_python_crate_knows_python():
    users = [
        package["name"]
        for package in metadata()["packages"]
        if any(d["name"] == "pyo3" for d in package["dependencies"])
    ]
    assert users == ["locust-telemetry-python"]


@pytest.mark.parametrize("crate", ["core", "fleet"])
def test_the_core_has_no_clock_no_io_and_no_threads(crate: str):
    for path in rust_sources(CRATES / crate / "src"):
        match = IMPURE.search(path.read_text(encoding="utf-8"))
        assert match is None, f"{path.relative_to(ROOT)} uses {match.group()}"


@pytest.mark.parametrize("crate", sorted(set(ALLOWED) - {"python"}))
def test_unsafe_is_forbidden_outside_of_the_python_crate(crate: str):
    assert "#![forbid(unsafe_code)]" in (CRATES / crate / "src" / "lib.rs").read_text(encoding="utf-8")


def test_unsafe_is_allowed_in_the_listener_only():
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    assert 'unsafe_code = "deny"' in manifest
    allowing = [path for path in rust_sources(CRATES / "python" / "src") if "allow(unsafe_code)" in path.read_text()]
    assert [path.name for path in allowing] == ["listener.rs"]


def test_each_unsafe_block_says_why_it_is_sound():
    folder = CRATES / "python" / "src"
    for path in [folder / "listener.rs", *rust_sources(folder / "listener")]:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if re.search(r"\bunsafe (\{|impl)", line):
                before = "\n".join(lines[max(0, number - 4) : number + 1])
                assert "// SAFETY:" in before, f"{path.name}:{number + 1} has no SAFETY comment"


def test_no_file_outgrows_its_noun():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    code = [ROOT / name for name in tracked if name.endswith((".rs", ".py"))]
    assert code
    long = [
        f"{path.relative_to(ROOT)}: {count}"
        for path in code
        if path.exists() and (count := len(path.read_text().splitlines())) > 600
    ]
    assert not long, "split along a noun: " + ", ".join(long)
