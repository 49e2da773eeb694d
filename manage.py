#!/usr/bin/env python
"""Django's command line for parkcms; run it with .venv/bin/python."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parkcms.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django 未安装：请先运行 bin/serve 一次，再用 .venv/bin/python manage.py。")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
