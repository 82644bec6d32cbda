"""`locust-telemetry run --lt-live`: the terminal shows the run while it is on, and is given back as it was."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .launcher import LOCUSTFILES, PATIENCE_S, Launcher, free_port, headless, wait_until
from .pseudo_terminal import PseudoTerminal
from .run_store import one_run
from .target import Target
from .versions import VERSION_IDS, Version

#: Starts the command on a terminal: options of Locust, columns, lines.
Start = Callable[..., PseudoTerminal]

PROGRAM = str(Path(sys.executable).with_name("locust-telemetry"))


@pytest.fixture
def launcher(target: Target, tmp_path: Path) -> Iterator[Launcher]:
    # One version of Locust suffices: the view only reads what is recorded.
    made = Launcher(Version.of(VERSION_IDS[0]), tmp_path, target.url)
    yield made
    made.close()


@pytest.fixture
def start(launcher: Launcher) -> Iterator[Start]:
    started: list[PseudoTerminal] = []

    def start(
        *options: str, seconds: float = 8, columns: int = 80, lines: int = 40, **variables: str
    ) -> PseudoTerminal:
        command = [PROGRAM, "run", "--lt-live", "-f", str(LOCUSTFILES / "shop.py"), "-H", launcher.target_url]
        command += [*headless(seconds, 6), *options]
        started.append(PseudoTerminal(command, launcher.folder, launcher.environment(variables), columns, lines))
        return started[-1]

    yield start
    for terminal in started:
        terminal.close()


def store_of(launcher: Launcher) -> Path:
    return launcher.folder / "locust-telemetry" / "runs.db"


def shown(terminal: PseudoTerminal, text: str) -> str:
    """Return the screen once it shows this."""

    def look() -> str | None:
        assert terminal.process.poll() is None, terminal.written.decode(errors="replace")[-3000:]
        screen = terminal.text
        return screen if terminal.is_drawn_on and re.search(text, screen) else None

    return wait_until(f"{text!r} on the screen", look)


def assert_given_back(terminal: PseudoTerminal) -> None:
    """The screen, the cursor, the wrapping of lines, and what becomes of keys are as they were."""
    assert not terminal.is_drawn_on
    assert terminal.written.rfind(b"\x1b[?25h") > terminal.written.rfind(b"\x1b[?25l")
    assert terminal.written.rfind(b"\x1b[?7h") > terminal.written.rfind(b"\x1b[?7l")
    assert terminal.shows_keys_and_waits_for_lines


def test_the_terminal_shows_the_run_and_then_what_locust_wrote(start: Start, launcher: Launcher) -> None:
    terminal = start()
    screen = shown(terminal, r"last 60 s +\S+/s")
    run_id = one_run(store_of(launcher))["run_id"]
    for part in ("shop · run ", run_id, "running", "6 users", "Confidence in the last minute: ", "rate", "p95", "/"):
        assert part in screen, screen
    wait_until("the end of the view", lambda: not terminal.is_drawn_on)
    # The shop fails some requests, on which Locust ends with 1.
    assert terminal.wait(PATIENCE_S) == 1
    assert_given_back(terminal)
    after = terminal.written.rpartition(b"\x1b[?1049l")[2].decode()
    assert "Aggregated" in after and f"Run {run_id} is kept" in after


def test_its_figures_are_those_of_the_store(start: Start, launcher: Launcher) -> None:
    terminal = start(seconds=6)
    requests = []
    # The whole run on the screen grows until the run is over, and never beyond what was recorded.
    while terminal.process.poll() is None:
        if terminal.is_drawn_on and (found := re.search(r"^ +([\d ]+) requests? ", terminal.text, re.MULTILINE)):
            requests.append(int(found[1].replace(" ", "")))
    recorded = one_run(store_of(launcher))["requests"]
    assert requests == sorted(requests)
    assert requests[0] < requests[-1] <= recorded


def test_interrupting_ends_the_test_and_gives_the_terminal_back(start: Start, launcher: Launcher) -> None:
    terminal = start(seconds=600)
    shown(terminal, "running")
    terminal.press(b"\x03")
    terminal.wait(PATIENCE_S)
    assert_given_back(terminal)
    assert one_run(store_of(launcher))["state"] == "ended"
    # A request that is interrupted is Locust's to tell.
    assert b"locust_telemetry/" not in terminal.written, terminal.written.decode()


def test_a_signal_to_the_view_ends_locust_too(start: Start, launcher: Launcher) -> None:
    terminal = start(seconds=600)
    shown(terminal, "running")
    terminal.process.send_signal(signal.SIGTERM)
    terminal.wait(PATIENCE_S)
    assert_given_back(terminal)
    assert one_run(store_of(launcher))["state"] == "ended"


def test_locust_may_be_killed_and_the_terminal_is_given_back(start: Start) -> None:
    terminal = start(seconds=600)
    shown(terminal, "running")
    children = Path(f"/proc/{terminal.process.pid}/task/{terminal.process.pid}/children").read_text().split()
    # Locust takes each key as it is pressed.
    wait_until("Locust's keys", lambda: not terminal.shows_keys_and_waits_for_lines)
    os.kill(int(children[0]), signal.SIGKILL)
    assert terminal.wait(PATIENCE_S) == 128 + signal.SIGKILL
    assert_given_back(terminal)


def test_a_stopped_view_gives_the_terminal_back_and_takes_it_again_when_it_goes_on(launcher: Launcher) -> None:
    locust = (
        f"{PROGRAM} run --lt-live -f {LOCUSTFILES / 'shop.py'} -H {launcher.target_url} --headless -u 6 -r 6 -t 600s"
    )
    # A shell's part: it has the terminal while the view is stopped.
    script = f"set -m; {locust}; echo stopped; read -r line; fg"
    terminal = PseudoTerminal(["/bin/bash", "-c", script], launcher.folder, launcher.environment())
    try:
        shown(terminal, "running")
        wait_until("Locust's keys", lambda: not terminal.shows_keys_and_waits_for_lines)
        terminal.press(b"\x1a")
        wait_until("the shell", lambda: b"stopped\r\n" in terminal.written)
        assert_given_back(terminal)
        terminal.press(b"\n")
        shown(terminal, "running")
        wait_until("Locust's keys", lambda: not terminal.shows_keys_and_waits_for_lines)
        terminal.press(b"\x03")
        terminal.wait(PATIENCE_S)
        assert_given_back(terminal)
        assert one_run(store_of(launcher))["state"] == "ended"
    finally:
        terminal.close()


def test_the_newest_line_of_locust_is_on_the_last_line(start: Start) -> None:
    terminal = start(seconds=600, lines=24)
    shown(terminal, "running")
    wait_until("Locust's keys", lambda: not terminal.shows_keys_and_waits_for_lines)
    # One user more, of which Locust tells.
    terminal.press(b"w")
    wait_until("a line of Locust", lambda: "total users)" in terminal.lines[-1])


def test_letters_of_any_language_are_shown_as_they_were_written(launcher: Launcher) -> None:
    (launcher.folder / "greeting.py").write_text("print('Grüße, 你好')\nfrom shop import *\n", encoding="utf-8")
    command = [PROGRAM, "run", "--lt-live", "-f", "greeting.py", "-H", launcher.target_url, *headless(2, 2)]
    variables = launcher.environment({"PYTHONIOENCODING": "utf-16"})
    terminal = PseudoTerminal(command, launcher.folder, variables)
    try:
        terminal.wait(PATIENCE_S)
        assert "Grüße, 你好".encode() in terminal.written
    finally:
        terminal.close()


def test_utc_may_stand_before_it(launcher: Launcher) -> None:
    command = [PROGRAM, "--utc", "run", "-f", str(LOCUSTFILES / "shop.py"), "-H", launcher.target_url]
    terminal = PseudoTerminal([*command, *headless(5, 6), "--lt-live"], launcher.folder, launcher.environment())
    try:
        shown(terminal, "running")
    finally:
        terminal.close()


@pytest.mark.parametrize("recorders", ["json", "none"])
def test_without_a_store_there_is_nothing_to_show_and_it_is_told(start: Start, recorders: str) -> None:
    terminal = start("--enable-telemetry-recorder", recorders)
    assert terminal.wait(PATIENCE_S) == 2
    assert b"\x1b[?1049h" not in terminal.written
    told = terminal.written.decode().splitlines()
    assert len([line for line in told if "--lt-live shows what the recorder 'local' keeps" in line]) == 1, told


def test_quitting_gives_the_terminal_back(start: Start) -> None:
    terminal = start(seconds=600)
    shown(terminal, "running")
    terminal.press(b"\x1c")
    assert terminal.wait(PATIENCE_S) == 128 + signal.SIGQUIT
    assert_given_back(terminal)


def test_workers_are_shown_and_their_lines_do_not_tear_the_screen(start: Start) -> None:
    port = str(free_port())
    bind = ("--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port)
    terminal = start("--processes", "2", *bind, seconds=10)
    screen = shown(terminal, r"worker-1 +\w+")
    assert "2 workers" in screen
    assert re.search(r"^  worker +state +rate", screen, re.MULTILINE), screen
    assert screen.startswith("shop"), screen
    terminal.wait(PATIENCE_S)
    assert_given_back(terminal)


def test_a_narrow_terminal_has_all_figures_and_a_new_size_is_drawn_at_once(start: Start) -> None:
    terminal = start(seconds=10, columns=60, lines=24)
    screen = shown(terminal, r"whole run +\S+/s")
    assert "p99" in screen
    terminal.resize(100, 30)
    wait_until("charts as wide as the terminal", lambda: max(map(len, terminal.lines)) > 90)
    terminal.resize(60, 24)
    wait_until("charts of the old width", lambda: max(map(len, terminal.lines)) <= 60)


def test_colours_are_left_out_where_they_are_not_wanted(start: Start) -> None:
    terminal = start(NO_COLOR="1")
    shown(terminal, "running")
    assert not re.search(rb"\x1b\[\d*m", terminal.written)


def test_without_a_terminal_lines_say_how_it_stands(launcher: Launcher) -> None:
    process = launcher.locust(
        "piped",
        "shop.py",
        *headless(13, 6),
        recorder="json,local",
        program=[PROGRAM, "run", "--lt-live"],
    )
    process.wait()
    assert re.search(r"^\d+ s  6 users  \S+/s  \S+ failed  p50 ", process.stdout, re.MULTILINE), process.stdout
    assert "\x1b" not in process.stdout


def test_in_a_file_are_the_tables_and_records_of_any_run(launcher: Launcher) -> None:
    process = launcher.local("shop.py", recorder="json,local", seconds=4, program=[PROGRAM, "run", "--lt-live"])
    process.wait()
    # The last one is followed by one of percentiles.
    assert process.stderr.count("Aggregated") > 2
    assert '"level":"INFO"' in process.stderr


def test_locust_alone_says_who_draws(launcher: Launcher) -> None:
    process = launcher.local("shop.py", "--lt-live", recorder="json,local")
    assert process.wait() == 2
    assert process.stderr.splitlines()[-1].startswith("locust: error: --lt-live: ")


@pytest.mark.parametrize("program", [[PROGRAM], [sys.executable, "-m", "locust_telemetry.command"]])
def test_files_beside_a_locustfile_do_not_take_the_place_of_the_standard_library(
    launcher: Launcher, program: list[str]
) -> None:
    (launcher.folder / "queue.py").write_text("raise ImportError('this is not the queue of the standard library')")
    # The process that draws needs no queue, however it was started.
    process = launcher.local("shop.py", recorder="json,local", program=[*program, "run", "--lt-live"])
    # The shop fails some requests.
    assert process.wait() == 1, process.stderr
    assert one_run(store_of(launcher))["state"] == "ended"


def test_the_variable_is_no_fault_of_locust_alone(launcher: Launcher) -> None:
    process = launcher.local("shop.py", recorder="json,local", variables={"LOCUST_TELEMETRY_LIVE": "1"})
    # The shop fails some requests.
    assert process.wait() == 1
    assert process.stderr.count("LOCUST_TELEMETRY_LIVE is for 'locust-telemetry run'") == 1
    assert one_run(store_of(launcher))["state"] == "ended"


def test_the_demo_heeds_the_variable(launcher: Launcher) -> None:
    command = [PROGRAM, "demo", "--seconds", "4", "--users", "3"]
    terminal = PseudoTerminal(command, launcher.folder, launcher.environment({"LOCUST_TELEMETRY_LIVE": "1"}))
    try:
        shown(terminal, r"demo-shop .*running")
        assert terminal.wait(PATIENCE_S) == 0
        assert_given_back(terminal)
        assert b"LOCUST_TELEMETRY_LIVE" not in terminal.written
    finally:
        terminal.close()


def test_a_faulty_call_is_told_as_ever(start: Start) -> None:
    terminal = start("--lt-store", "/nowhere/at/all.db")
    assert terminal.wait(PATIENCE_S) == 2
    assert b"\x1b[?1049h" not in terminal.written
    assert b"--lt-store" in terminal.written
