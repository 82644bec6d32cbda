"""The `locust-telemetry` command."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

#: Runs the command without the working directory on the module path, as scripts are run: files there, say a
#: `queue.py`, would take the place of the standard library's. Python itself has an option for that from 3.11 on.
_WITHOUT_SCRIPT = """
import sys
sys.path[:] = [folder for folder in sys.path if folder]
from locust_telemetry.command import main
main()
"""


def main() -> None:
    """Run the command; `run` and `demo` run Locust in this process with telemetry on."""
    from locust_telemetry._native import command

    # Python would only take note of Ctrl-C and wait for the native code to return.
    handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
    locust_arguments, watched, demo, status = command(sys.argv[1:])
    signal.signal(signal.SIGINT, handler)
    if demo is not None and live_is_asked_for():
        seconds, users = demo
        watched = ["demo", "--seconds", str(seconds), "--users", str(users)]
    if watched is not None:
        from locust_telemetry import live

        sys.exit(live.watch([sys.executable, "-u", *again(), *watched]))
    if demo is not None:
        run_demo(*demo)
    elif locust_arguments is not None:
        run_locust(locust_arguments)
    else:
        sys.exit(status)


def again() -> list[str]:
    """Return what Python must be given to run this command once more: the installed script, where that is one."""
    module = sys.modules["__main__"].__spec__
    # `__main__` is that of an archive; other modules were started by `-m`, and their files are no scripts.
    is_script = module is None or module.name == "__main__"
    script = sys.argv[0]
    return [script] if is_script and Path(script).is_file() else ["-c", _WITHOUT_SCRIPT]


def live_is_asked_for() -> bool:
    """Return whether the variable asks for the live view, as the native code reads it for `run`."""
    from locust_telemetry.options import LIVE

    return os.environ.get(LIVE.env_var, "").lower() in ("1", "true", "yes")


def run_demo(seconds: int, users: int) -> None:
    """Run Locust against a small shop that comes with the package, and ends with this process."""
    from locust_telemetry.demo import demo

    try:
        shop, address = demo.open_shop(slow_after_s=seconds * demo.SLOW_FROM_SHARE)
    except OSError as error:
        sys.exit(f"locust-telemetry: {error}")
    print(f"A shop at {address}: {users} users for {seconds} s. Something gets slow on the way: what?", flush=True)
    try:
        run_locust(demo.locust_arguments(address, seconds, users))
    finally:
        shop.kill()
        shop.wait()


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
