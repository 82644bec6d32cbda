"""The local recorder: keeps every run in one file, shows it live on a page, and ends it with a report."""
