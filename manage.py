#!/usr/bin/env python
"""Lyceum's command line."""

import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library.settings")
    from library.core.config.model import ConfigError, require_services

    try:
        require_services(sys.argv[1:2])
        if sys.argv[1:] == ["up"]:
            from library.embedded import supervisor

            supervisor.main()  # it only watches over others, and needs nothing of Django for that
            return 0
        if sys.argv[1:2] == ["embedder"]:
            from library.ai.management.commands import embedder

            embedder.run(sys.argv)  # of the settings alone: it knows no book
            return 0
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except ConfigError as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
