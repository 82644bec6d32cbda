"""The contracts: coordinator, manager, plugin, recorder, handlers."""
