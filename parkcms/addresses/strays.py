"""Which visits to nothing are worth telling an editor, and what of them may be kept.

Standard library and settings only: asked after every 404, and no database with it.
"""

import re
from urllib.parse import unquote, urlsplit

from . import paths

LONGEST = 200  # characters
_LONGEST_HOST = 100

_ROBOTS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|scan|curl|wget|python|httpclient|go-http|okhttp|libwww"
    r"|scrapy|headless|phantom|lighthouse|monitor|uptime|facebookexternalhit|fetch|^java|axios"
    r"|feedparser|validator|archiver|nutch|zgrab|masscan|node\.js|undici|postman|insomnia",
    re.IGNORECASE,
)
# Whose address is a secret or a person's own; in any spelling and at any depth.
_PRIVATE = re.compile(
    r"(^|/)\s*(admin|enquiries|report|preview|health|spaces/+(watch|confirm))\s*(/|$)",
    re.IGNORECASE,
)
# What programs try that look for holes, and what browsers ask for by themselves.
_TRIED = re.compile(
    r"/\.|wp-|wordpress|xmlrpc|phpmyadmin|phpinfo|cgi-bin|/vendor/|/actuator|/solr|boaform|hnap1"
    r"|/owa\b|autodiscover|/ecp\b|eval-stdin|telescope|/manager/html|jenkins|struts|/druid|nacos"
    r"|/shell|/backup|passwd|/console|/graphql|/api/|/geoserver|/sdk\b|/login|/setup|/install"
    r"|favicon|apple-touch|apple-app-site|browserconfig|ads\.txt|service-worker|/sw\.js|\.js\.map"
    r"|\.(php\d?|phtml|aspx?|asmx|ashx|jspx?|cgi|do|action|env|git|sql|bak|old|swp|ini|ya?ml|log"
    r"|zip|rar|7z|tar|gz|tgz|exe|dll|sh|py|pl|conf|cfg|json|key|pem|crt|db|sqlite3?)$",
    re.IGNORECASE,
)
# An address of mail, a mobile or a long number, a token: none of an editor's business.
_PERSONAL = re.compile(r"@|1[3-9]\d[ -]?\d{4}[ -]?\d{4}|\d{12}|[A-Za-z0-9_]{28}")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z][a-z0-9-]*")


def is_robot(user_agent: str) -> bool:
    """Whether a program says so of itself, or says nothing at all."""
    return not user_agent.strip() or bool(_ROBOTS.search(user_agent))


def is_worth_noting(path: str) -> bool:
    """Whether an editor should know that nothing was found under this decoded path."""
    return is_keepable(path) and not _TRIED.search(path)


def is_keepable(path: str) -> bool:
    """Whether a path may be kept: no secret, nothing about a person, at most LONGEST characters."""
    return (
        len(path) <= LONGEST
        and paths.is_path(path)
        and "\ufffd" not in path
        and "//" not in path
        and "%" not in path
        and not _PRIVATE.search(path)
        and not _PERSONAL.search(path)
    )


def came_from(referrer: str) -> tuple[str, str]:
    """(path of ours, host of another site) of what a browser names as the page before; '' each
    where it is not to be known or not to be kept."""
    try:
        parts = urlsplit(referrer[:2_000])
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return "", ""
    if parts.scheme not in {"http", "https"} or not host:
        return "", ""
    if host in paths.own_hosts():
        path = unquote(parts.path)
        return (path, "") if is_keepable(path) else ("", "")
    return ("", host) if len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) else ("", "")
