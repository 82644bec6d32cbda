"""Generates the reference tables of the documentation from the code; `--check` fails where they differ."""

from __future__ import annotations

import sys
from pathlib import Path

from locust_telemetry._native import otel_variables
from locust_telemetry.options import ALL_OPTIONS

ROOT = Path(__file__).resolve().parent.parent


def options_table() -> str:
    """Return the table of all options."""
    rows = ["| option | environment variable | default | meaning |", "|---|---|---|---|"]
    for option in ALL_OPTIONS:
        default = option.default_text if option.default_text is not None else f"`{option.default}`"
        usage = f"{option.flag} {option.metavar}".strip()
        rows.append(f"| `{usage}` | `{option.env_var}` | {default} | {option.help} |")
    return "\n".join(rows)


def variables_table() -> str:
    """Return the table of OpenTelemetry's variables that the otel recorder reads."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    rows.extend(f"| `{name}` | {default or 'none'} | {meaning} |" for name, default, meaning in otel_variables())
    return "\n".join(rows)


#: Which file holds which table, between `<!-- name -->` and `<!-- /name -->`.
TABLES = {
    "README.md": {"options": options_table},
    "docs/opentelemetry.md": {"otel-variables": variables_table},
}


def with_tables(text: str, tables: dict) -> str:
    """Return the document with its tables as the code has them."""
    for name, make in tables.items():
        begin, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
        before, found_begin, rest = text.partition(begin)
        _, found_end, after = rest.partition(end)
        if not (found_begin and found_end):
            raise SystemExit(f"the markers of table {name!r} are missing")
        text = f"{before}{begin}{make()}{end}{after}"
    return text


def main() -> int:
    """Write the tables, or check them."""
    check = "--check" in sys.argv[1:]
    stale = []
    for file, tables in TABLES.items():
        path = ROOT / file
        present = path.read_text(encoding="utf-8")
        wanted = with_tables(present, tables)
        if wanted != present:
            stale.append(file)
            if not check:
                path.write_text(wanted, encoding="utf-8")
    for file in stale:
        print(f"{file}: {'is out of date; run make reference' if check else 'regenerated'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
