"""The recorders that come with the package."""
