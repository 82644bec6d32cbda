"""What a session does with its channel, in the order of a process's life."""

from __future__ import annotations


class Channel:
    """The channel of a run in one process, which has nobody to talk to: does nothing."""

    #: Requests of the run that others told of when Locust no longer counted any.
    requests_after_locust: int = 0

    def prepare_run(self) -> None:
        """Do what must be done at `test_start` before the engine starts the run."""

    def run_started(self) -> None:
        """Take that the engine has started the run."""

    def run_stopped(self) -> None:
        """Take that the test has stopped; windows still come and go."""

    @property
    def is_complete(self) -> bool:
        """Whether this process has all windows of the run that it will get from others."""
        return True

    def gather(self, within_s: float, is_process_over: bool) -> None:
        """At the end of the process: take in what others still send, at most `within_s` seconds.

        Where the process is over, nothing but the caller runs any more, Locust's own receiving included.
        """

    def hand_over(self, within_s: float, is_process_over: bool) -> None:
        """At the end of the process: see that others have what is theirs, at most `within_s` seconds."""

    def abandon(self) -> None:
        """In a forked child: leave the connection to the parent. No locks, no logging."""

    def close(self) -> None:
        """Say and hear nothing more."""
