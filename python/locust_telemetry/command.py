"""The `locust-telemetry` command."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command; `run` runs Locust in this process with telemetry on."""
    from locust_telemetry._native import command

    # Python would only take note of Ctrl-C and wait for the native code to return.
    handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
    locust_arguments, status = command(sys.argv[1:])
    signal.signal(signal.SIGINT, handler)
    if locust_arguments is None:
        sys.exit(status)
    run_locust(locust_arguments)


def run_locust(arguments: list[str]) -> None:
    """Run Locust with telemetry on, as if `locust` had been started with these arguments.

    Locust is imported first, because it patches the standard library. A locustfile that turns telemetry on
    itself does no harm.
    """
    from locust.main import main as locust_main

    from locust_telemetry import entrypoint

    entrypoint.initialize()
    sys.argv = ["locust", *arguments]
    locust_main()


if __name__ == "__main__":
    main()
