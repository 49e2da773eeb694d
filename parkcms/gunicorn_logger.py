"""gunicorn's logs without tokens and query strings (parkcms/logs.py says why).

gunicorn writes the request line into its access log and into what it says about a request that
went wrong, and its loggers do not pass through the handlers of Django's settings.
"""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from gunicorn.glogging import Logger

from parkcms.logs import MaskTokens, masked

# As nginx's (deploy/nginx/log.conf): who, when, what, how it went, how long. No referrer.
ACCESS_FORMAT = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class MaskedLogger(Logger):
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            if not any(isinstance(one, MaskTokens) for one in log.filters):
                log.addFilter(MaskTokens())

    def atoms(
        self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta
    ) -> dict[str, Any]:
        """The words an access log format may use; the address among them only as a safe path."""
        atoms = super().atoms(resp, req, environ, request_time)
        # Decoded, so that no other spelling hides a token, and on one line whatever it holds.
        path = unquote(environ["RAW_URI"].partition("?")[0], errors="replace")
        atoms["U"] = _CONTROL.sub("?", path)
        atoms["r"] = f"{environ['REQUEST_METHOD']} {atoms['U']} {environ['SERVER_PROTOCOL']}"
        atoms["f"] = str(atoms["f"]).partition("?")[0]
        atoms["q"] = ""
        # Behind a Unix socket there is no address but the one nginx tells.
        atoms["h"] = environ.get("REMOTE_ADDR") or environ.get("HTTP_X_FORWARDED_FOR") or "-"
        return {
            name: masked(value) if isinstance(value, str) else value
            for name, value in atoms.items()
        }
