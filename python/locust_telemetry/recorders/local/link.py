"""The way from Locust's own page to the live page."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from flask import Response, redirect, request

if TYPE_CHECKING:
    from locust.web import WebUI
    from werkzeug.wrappers import Response as AnyResponse

#: The route on Locust's page that leads there.
ROUTE = "/telemetry"

#: What the link is called; it stands where Locust lists its downloads.
TITLE = "Live page of Locust Telemetry"


def add(web_ui: WebUI, url: str, host: str) -> None:
    """Let `/telemetry` on Locust's page lead to `url`, whose page is served on `host`; list it with the downloads.

    Behind a login of Locust's the way is, too. Without one anybody may see Locust's page, but not the token in `url`.
    """
    if not web_ui.web_login:
        url = url.partition("?")[0]

    def to_live_page() -> AnyResponse:
        if _is_everywhere(host):
            # Where it is for whoever asks: the same machine, by the name that they used for it.
            return redirect(_with_host(url, urlsplit(request.host_url).hostname or "localhost"))
        if _is_loopback(host) and not _is_loopback(request.remote_addr or ""):
            text = f"The live page is served to the machine that runs Locust only: {url.partition('?')[0]}\n"
            return Response(text, 404, mimetype="text/plain")
        return redirect(url)

    # Where Locust serves its page from, if it was told to serve it from somewhere else.
    base = (getattr(web_ui.environment.parsed_options, "web_base_path", None) or "").rstrip("/")
    guarded = web_ui.auth_required_if_enabled(to_live_page)
    if web_ui.app is not None:
        web_ui.app.add_url_rule(base + ROUTE, "locust_telemetry_live_page", guarded)
    files = web_ui.template_args.setdefault("extended_csv_files", [])
    files.append({"href": f".{ROUTE}", "title": TITLE})


def _is_everywhere(host: str) -> bool:
    return host.strip("[]") in ("0.0.0.0", "::")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _with_host(url: str, host: str) -> str:
    parts = urlsplit(url)
    name = f"[{host}]" if ":" in host else host
    return urlunsplit(parts._replace(netloc=f"{name}:{parts.port}"))
