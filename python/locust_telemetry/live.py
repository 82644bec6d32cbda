"""The live view of a run: `watch` shows it in this process's terminal, while Locust runs in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from locust_telemetry import config
from locust_telemetry.core.exceptions import OptionError
from locust_telemetry.options import ENABLE, LIVE, LOG_LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from locust_telemetry._native import LiveView

#: Names the file in which a process that is watched announces its runs.
VARIABLE = "LOCUST_TELEMETRY_LIVE_RUNS"

#: What would only scroll by behind the view on standard error, unless it is asked for: Locust's tables of every other
#: second (the last ones stay), and records on the log.
_QUIET = {"LOCUST_ONLY_SUMMARY": "true", LOG_LEVEL.env_var: "warning"}

#: What the process writes in, as the view does.
_ENCODING = "utf-8"

#: Seconds that the last lines may take once the process is over: a child of it may keep the pipe open.
_LAST_LINES_S = 1.0


def announce(store: Path, run_id: str) -> None:
    """Tell whoever watches this process that a run starts, and in which store it is kept."""
    announcement = os.environ.get(VARIABLE)
    if announcement:
        with open(announcement, "a", encoding="utf-8") as file:
            file.write(json.dumps({"store": str(store.absolute()), "run_id": run_id}) + "\n")


def require_kept_runs(recorders: Sequence[str]) -> None:
    """Raise OptionError where somebody watches this process, which keeps no run that could be shown."""
    kept_by = config.TELEMETRY_LOCAL_RECORDER_PLUGIN_ID
    if VARIABLE in os.environ and kept_by not in recorders:
        others = ",".join((*recorders, kept_by))
        raise OptionError(
            f"{LIVE.flag} shows what the recorder '{kept_by}' keeps: turn it on, too ({ENABLE.flag} {others})"
        )


def watch(command: list[str]) -> int:
    """Run the command and show its runs while they are on; return its exit status."""
    from locust_telemetry._native import LiveView

    modes = _modes()
    with _given_back(modes), tempfile.TemporaryDirectory(prefix="locust-telemetry-") as folder:
        runs = Path(folder) / "runs"
        # What goes to a file or a program goes there as ever.
        pipes = [subprocess.PIPE if stream.isatty() else None for stream in (sys.stdout, sys.stderr)]
        quiet = {} if pipes[1] is None else _QUIET
        variables = {**quiet, **os.environ, VARIABLE: str(runs)}
        if pipes != [None, None]:
            # Whatever it would speak to the terminal.
            variables["PYTHONIOENCODING"] = _ENCODING
        # The process itself draws nothing.
        variables.pop(LIVE.env_var, None)
        view = LiveView(runs)
        try:
            process = subprocess.Popen(
                command, stdout=pipes[0], stderr=pipes[1], env=variables, encoding=_ENCODING, errors="replace"
            )
            with _signals_passed_on(process), _stopped_with_the_terminal_given_back(process, view, modes):
                readers = [
                    threading.Thread(target=_pass_on, args=(pipe, view, is_error), daemon=True)
                    for pipe, is_error in ((process.stdout, False), (process.stderr, True))
                    if pipe is not None
                ]
                for reader in readers:
                    reader.start()
                status = process.wait()
                for reader in readers:
                    reader.join(_LAST_LINES_S)
        finally:
            view.close()
    # As shells say it of a process that a signal ended.
    return status if status >= 0 else 128 - status


def _pass_on(pipe: IO[str], view: LiveView, is_error: bool) -> None:
    for line in pipe:
        view.take_line(line.rstrip("\r\n"), is_error)


def _modes() -> list[Any] | None:
    """Return what the terminal makes of keys; None where there is none."""
    if sys.platform == "win32" or not sys.stdin.isatty():
        return None
    import termios

    return termios.tcgetattr(sys.stdin)


def _set_modes(modes: list[Any] | None) -> None:
    """Let the terminal make of keys what it did when these modes were taken."""
    if sys.platform == "win32" or modes is None:
        return
    import termios

    # Whoever is in the background would be stopped for it, and the terminal may be gone.
    with contextlib.suppress(OSError, termios.error):
        if os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp():
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, modes)


@contextlib.contextmanager
def _given_back(modes: list[Any] | None) -> Iterator[None]:
    """Afterwards let the terminal show keys and wait for lines as before, which a Locust that is killed does not."""
    try:
        yield
    finally:
        _set_modes(modes)


@contextlib.contextmanager
def _stopped_with_the_terminal_given_back(
    process: subprocess.Popen[str], view: LiveView, modes: list[Any] | None
) -> Iterator[None]:
    """Meanwhile leave the terminal to the shell for as long as this process is stopped (Ctrl-Z)."""
    if sys.platform == "win32":
        yield
        return

    def stop(number: int, frame: Any) -> None:
        view.pause()
        of_locust = _modes()
        _set_modes(modes)
        # From the terminal the process had it, too.
        process.send_signal(signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        # Where nobody could let it go on, the system does not stop it.
        signal.raise_signal(signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, stop)
        process.send_signal(signal.SIGCONT)
        _set_modes(of_locust)
        view.resume()

    handler = signal.signal(signal.SIGTSTP, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, handler)


@contextlib.contextmanager
def _signals_passed_on(process: subprocess.Popen[str]) -> Iterator[None]:
    """Meanwhile leave signals to the process: what the terminal sends reaches it too, the rest is sent on."""
    keys = ("SIGINT", "SIGQUIT")
    terminal = sys.stdin.isatty()

    def pass_on(number: int, frame: Any) -> None:
        if not (terminal and signal.Signals(number).name in keys):
            process.send_signal(number)

    names = (*keys, "SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    handlers = {number: signal.signal(number, pass_on) for number in numbers}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
