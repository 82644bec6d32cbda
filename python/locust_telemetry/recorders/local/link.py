"""The way from Locust's own page to the live page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect

if TYPE_CHECKING:
    from locust.web import WebUI
    from werkzeug.wrappers import Response

#: The route on Locust's page that leads there.
ROUTE = "/telemetry"

#: What the link is called; it stands where Locust lists its downloads.
TITLE = "Live page of Locust Telemetry"


def add(web_ui: WebUI, url: str) -> None:
    """Let `/telemetry` on Locust's page lead to `url`, and list it with the downloads.

    Behind a login of Locust's the way is, too. Without one anybody may see Locust's page, but not the token in `url`.
    """
    if not web_ui.web_login:
        url = url.partition("?")[0]

    def to_live_page() -> Response:
        return redirect(url)

    # Where Locust serves its page from, if it was told to serve it from somewhere else.
    base = (getattr(web_ui.environment.parsed_options, "web_base_path", None) or "").rstrip("/")
    guarded = web_ui.auth_required_if_enabled(to_live_page)
    if web_ui.app is not None:
        web_ui.app.add_url_rule(base + ROUTE, "locust_telemetry_live_page", guarded)
    files = web_ui.template_args.setdefault("extended_csv_files", [])
    files.append({"href": f".{ROUTE}", "title": TITLE})
