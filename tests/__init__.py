"""Tests of the Python side, one module for each of the package's.

Locust is imported first, because it patches the standard library.
"""

import locust  # noqa: F401
