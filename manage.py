#!/usr/bin/env python
"""Lyceum's command line."""

import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library.settings")
    from library.core.config.model import ConfigError, require_services

    try:
        require_services(sys.argv[1:2])
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except ConfigError as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
