"""Sockets: what is shown changes as soon as it has changed. The one place that knows of them; apps register feeds."""
