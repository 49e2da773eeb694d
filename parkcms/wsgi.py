"""The WSGI application; gunicorn loads it (deploy/gunicorn.conf.py)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parkcms.settings")
application = get_wsgi_application()
