#!/usr/bin/env python
"""Entry point of every command; starts the embedded servers first where no server URL is set."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesteam.settings")
    from django.core.management import execute_from_command_line

    from apps.core.origin import COMMAND, Origin, origin_scope
    from salesteam import embedded

    try:
        with embedded.servers_for(sys.argv), origin_scope(Origin(COMMAND)):
            execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
