"""The JSON recorder: one JSON object for each record, on the logger and in a file."""
