"""What can go wrong with plugins and options."""

from __future__ import annotations


class RecorderPluginError(Exception):
    """A plugin, or the use of one, is wrong; the message says what to change."""


class RecorderPluginAlreadyRegistered(RecorderPluginError):
    """A plugin of this class or with this id is registered already; register it once."""


class RecorderPluginLoadError(RecorderPluginError):
    """A plugin raised while it loaded its recorders; the cause is attached."""


class OptionError(ValueError):
    """An option has a value that cannot be used; the message names both and says what can be."""
