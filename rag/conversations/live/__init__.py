"""An answer as it is written: by socket and as server-sent events."""
