"""What is worth knowing of a run besides what it did: with what it was started, and by which programs."""

from __future__ import annotations

import platform
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import Action, Namespace
    from collections.abc import Iterable

    from locust.env import Environment

#: Options whose values nobody else should read.
_SECRET_WORDS = (
    *("password", "passwd", "pwd", "secret", "token", "login", "credential", "auth", "bearer", "jwt", "cookie"),
    *("api_key", "apikey", "access_key", "private_key", "tls_key", "dsn", "header"),
)

#: What stands in their place.
HIDDEN = "(hidden)"

#: What a URL may hold that nobody else should read: user and password, and the values of its query.
_USER_OF_URL = re.compile(r"(?<=://)[^/@\s'\"]*@")
_VALUE_OF_QUERY = re.compile(r"(?<=[?&])([^=&\s'\"]+)=[^&\s'\"]+")

#: Seconds that git may take: a repository on a slow disk is not worth a wait.
_GIT_PATIENCE_S = 2

#: A value longer than this is cut: options may hold whole documents.
_LONGEST = 500


def collect(environment: Environment, actions: Iterable[Action]) -> dict[str, Any]:
    """Return the facts of a run that is about to start, as JSON types; `actions` are the parser's.

    Keys: `locustfile`, `host`, `user_classes`, `options` (those that differ from their defaults, secrets hidden),
    `versions` (of locust, python and locust-telemetry) and `platform`.
    """
    import locust

    from locust_telemetry import __version__

    parsed = environment.parsed_options
    return {
        "locustfile": str(getattr(parsed, "locustfile", None) or ""),
        "host": without_credentials(environment.host or ""),
        "user_classes": [user_class.__name__ for user_class in environment.user_classes],
        "options": changed_options(parsed, actions),
        "versions": {
            "locust": locust.__version__,
            "python": platform.python_version(),
            "locust-telemetry": __version__,
        },
        "platform": platform.platform(terse=True),
    }


def without_credentials(text: str) -> str:
    """Return the text with its URLs' users, passwords and values of queries left out."""
    if "://" not in text:
        return text
    return _VALUE_OF_QUERY.sub(rf"\1={HIDDEN}", _USER_OF_URL.sub("", text))


def changed_options(parsed: Namespace | None, actions: Iterable[Action]) -> dict[str, str]:
    """Return as text the options that differ from their defaults; what may be secret is hidden."""
    changed = {}
    for action in actions:
        value = getattr(parsed, action.dest, None)
        if value is None or value == action.default:
            continue
        # Locust's own mark for arguments that its page shall not show, and names that say it.
        is_secret = getattr(action, "is_secret", False) or any(word in action.dest.lower() for word in _SECRET_WORDS)
        changed[action.dest] = HIDDEN if is_secret else without_credentials(str(value))[:_LONGEST]
    return changed


def git_commit(locustfile: str) -> dict[str, Any] | None:
    """Return the commit of the (first) locustfile's repository, and whether tracked files were changed since.

    None where it is in no repository. Lets other greenlets run while git works: not for the start of a test.
    """
    folder = Path(locustfile.split(",")[0].strip() or ".").absolute().parent
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return None
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "is_changed": None if changes is None else bool(changes)}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=_GIT_PATIENCE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return done.stdout.strip()
