"""A terminal as programs see one, and as a person would see it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

import pyte

#: Makes standard input the terminal that the program controls, then becomes the program.
_TAKE_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class PseudoTerminal:
    """A program on a terminal of its own, which it controls."""

    def __init__(
        self, command: list[str], folder: Path, variables: Mapping[str, str], columns: int = 80, lines: int = 40
    ) -> None:
        self._master, slave = pty.openpty()
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._set_size(columns, lines)
        # Read whenever somebody looks: where Locust is imported, threads are greenlets, and none may block.
        os.set_blocking(self._master, False)
        self._written = b""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env={**variables, "TERM": "xterm-256color"},
        )
        os.close(slave)

    @property
    def written(self) -> bytes:
        """All that was written to it so far."""
        # Nothing more for now, or nobody has the other end open any more.
        with contextlib.suppress(OSError):
            while data := os.read(self._master, 65536):
                self._written += data
                self._stream.feed(data)
        return self._written

    @property
    def lines(self) -> list[str]:
        """What is on the screen now."""
        _ = self.written
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def is_drawn_on(self) -> bool:
        """Whether a program has taken the screen."""
        written = self.written
        return written.count(b"\x1b[?1049h") > written.count(b"\x1b[?1049l")

    @property
    def shows_keys_and_waits_for_lines(self) -> bool:
        """Whether it is as a shell leaves it to programs."""
        modes = termios.tcgetattr(self._master)[3]
        return modes & (termios.ECHO | termios.ICANON) == termios.ECHO | termios.ICANON

    def resize(self, columns: int, lines: int) -> None:
        self._screen.resize(lines, columns)
        self._set_size(columns, lines)

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: bytes) -> None:
        """Press keys, `b"\\x03"` for Ctrl-C."""
        os.write(self._master, keys)

    def wait(self, timeout_s: float) -> int:
        """Return the exit status; what is written meanwhile is read, or the program would wait for that."""
        deadline = time.monotonic() + timeout_s
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it did not end within {timeout_s:g} s:\n{self.text}"
            _ = self.written
            time.sleep(0.05)
        return self.process.returncode

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, 9)
        self.process.wait()
        os.close(self._master)
