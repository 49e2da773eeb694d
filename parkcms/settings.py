"""Settings of the site, read from the environment.

PARKCMS_PROFILE says which of three sites this is:

* ``local``       production code over plain HTTP on this machine, with demo people
* ``production``  behind nginx and TLS; refuses a weak secret, DEBUG and demo people
* ``test``        what bin/test runs

The other variables stand beside the lines that read them; docs/operations.md lists them all.
"""

import os
import secrets
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django_prose_editor.config import html_tags
from js_asset import static_lazy
from psycopg.conninfo import conninfo_to_dict

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("PARKCMS_VAR") or BASE_DIR / "var").resolve()

PROFILE = os.environ.get("PARKCMS_PROFILE", "local")
if PROFILE not in {"local", "production", "test"}:
    raise ImproperlyConfigured(f"PARKCMS_PROFILE={PROFILE!r}: 只认 local、production、test 三种。")
PRODUCTION = PROFILE == "production"

# DEBUG pages show settings and SQL to strangers, so no profile turns them on by itself.
DEBUG = os.environ.get("PARKCMS_DEBUG") == "1"
if DEBUG and PRODUCTION:
    raise ImproperlyConfigured("生产环境不能打开 PARKCMS_DEBUG：出错页会泄露设置。")


def _secret_key() -> str:
    """The signing key: from the environment in production, else made once in the data folder."""
    given = os.environ.get("PARKCMS_SECRET_KEY", "")
    if PRODUCTION:
        if len(given) < 50 or len(set(given)) < 10:
            raise ImproperlyConfigured(
                "生产环境需要 PARKCMS_SECRET_KEY，至少 50 个随机字符；可用 "
                "python -c 'import secrets; print(secrets.token_urlsafe(60))' 生成。"
            )
        return given
    if given:
        return given
    path = VAR_DIR / "secret-key"
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(60))
    except FileExistsError:
        pass
    return path.read_text().strip() or secrets.token_urlsafe(60)


SECRET_KEY = _secret_key()

# The one address this site has; every absolute link is made from it, never from a Host header.
_HOST, _PORT = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
PARKCMS_ORIGIN = os.environ.get("PARKCMS_ORIGIN", f"http://{_HOST}:{_PORT}").rstrip("/")
if PRODUCTION and not PARKCMS_ORIGIN.startswith("https://"):
    raise ImproperlyConfigured(
        "生产环境需要 PARKCMS_ORIGIN，写成 https:// 开头的网址，如 https://www.example.cn。"
    )
ALLOWED_HOSTS = [host for host in os.environ.get("PARKCMS_HOSTS", "").split(",") if host] or [
    urlsplit(PARKCMS_ORIGIN).hostname or "localhost"
]
if not PRODUCTION:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]", "testserver"]

INSTALLED_APPS = [
    "parkcms.desk.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_prose_editor",
    "taggit",
    "axes",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "procrastinate.contrib.django",
    "parkcms.language",
    "parkcms.people",
    "parkcms.ledger",
    "parkcms.outbox",
    "parkcms.addresses",
    "parkcms.library",
    "parks",
    "articles",
    "leads",
    # Last, so that every permission exists when the roof puts the roles up after a migrate.
    "parkcms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "parkcms.guards.RefuseMalformed",
    "parkcms.guards.NoCookies",
    "parkcms.guards.DatabaseAway",
    "parkcms.deadline.DatabaseDeadline",
    "parkcms.language.address.AddressLanguage",
    "parkcms.strayed.Strayed",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # As lazy as the one before it: what asks for nobody reads no session.
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "parkcms.urls"
WSGI_APPLICATION = "parkcms.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "parkcms.context.site",
            ],
        },
    },
]

# --- database -----------------------------------------------------------------------------------
# DATABASE_URL (postgresql://user:password@host:port/name?sslmode=…) names any Postgres from 15 on.
# Without it the backend starts the private one of the data folder at the first connection.


CONNECT_SECONDS = 2  # a server that hangs takes connections and never answers


def _database() -> dict:
    url = os.environ.get("DATABASE_URL")
    if not url:
        return {
            "ENGINE": "parkcms.postgres",
            "NAME": "parkcms",
            "CONN_MAX_AGE": 60,
            "OPTIONS": {"connect_timeout": CONNECT_SECONDS},
        }
    given = conninfo_to_dict(url)
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
    database = {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 60}
    database |= {names[key]: given.pop(key) for key in list(given) if key in names}
    database["PORT"] = str(given.pop("port", ""))
    given.setdefault("connect_timeout", CONNECT_SECONDS)
    return database | {"OPTIONS": given, "CONN_HEALTH_CHECKS": True}


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "parkcms.people.backends.PeopleBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 1  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "parkcms.people.backends.attempted_name"
AXES_LOCKOUT_TEMPLATE = "admin/locked.html"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
# Who, with superusers, gets no further than the set-up page without a second factor; where it is
# empty nobody must have one, and everybody may.
SECOND_FACTOR_ROLES = frozenset({"站长", "招商主管"}) if PRODUCTION else frozenset()
OTP_TOTP_ISSUER = urlsplit(PARKCMS_ORIGIN).hostname  # the name of the entry in the phone

# --- enquiries ----------------------------------------------------------------------------------
JOURNAL_DIR = VAR_DIR / "journal"
# New contents a minute and network; above it visitors are asked to call. 0 turns the limit off.
ENQUIRY_HARD_LIMIT = int(os.environ.get("ENQUIRY_HARD_LIMIT", 60))
# Working hours in which the receipt promises an answer.
ENQUIRY_ANSWER_HOURS = int(os.environ.get("PARKCMS_ANSWER_HOURS", 4))
# The database step has a connection of its own; a test's rows are seen by no other one.
ENQUIRY_OWN_CONNECTION = PROFILE != "test"
# Who looks up what enquiries name and their room may not know.
ENQUIRY_ORIGINS = "parkcms.origins.find"
ENQUIRY_CONSENTS = "parkcms.origins.is_known_consent"


def _proxies() -> list[str]:
    """Whose X-Forwarded-For is believed: addresses, networks, or "unix" for a Unix socket."""
    given = os.environ.get("PARKCMS_TRUSTED_PROXIES", "").split(",")
    proxies = [one.strip() for one in given if one.strip()]
    for one in proxies:
        try:
            if one != "unix":
                ip_network(one, strict=False)
        except ValueError:
            raise ImproperlyConfigured(
                f"PARKCMS_TRUSTED_PROXIES 里的 {one!r} 看不懂：请写地址或网段，"
                "如 127.0.0.1、10.0.0.0/8，或 unix。"
            ) from None
    return proxies


TRUSTED_PROXIES = _proxies()
AXES_CLIENT_IP_CALLABLE = "parkcms.visitors.address.client_address"

# --- addresses ----------------------------------------------------------------------------------
# Seconds within which visits to nothing are written down; 0 counts them and writes nothing, for a
# thread of its own would write what no test rolls back.
MISSING_SECONDS = 0 if PROFILE == "test" else 10
# Who knows which page of today a missing address may have meant.
ADDRESS_NEAREST = "parkcms.links.nearest"

# --- work in the background ---------------------------------------------------------------------
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
if PROFILE == "test":
    PROCRASTINATE_ON_APP_READY = "parkcms.background.remember_only"

# --- what goes out to other hosts: nothing, unless said here ------------------------------------
# mail, wecom, or console: what any of them would send is written to the worker's output.
OUTBOX_CHANNELS = frozenset(
    name.strip()
    for name in os.environ.get("PARKCMS_OUTBOX", "console" if PROFILE == "local" else "").split(",")
    if name.strip()
)
if unknown := OUTBOX_CHANNELS - {"mail", "wecom", "console"}:
    raise ImproperlyConfigured(
        f"PARKCMS_OUTBOX 只认 mail、wecom、console，不认 {sorted(unknown)}。"
    )
# Each host as host (port 443) or host:port.
OUTGOING_HOSTS = frozenset(
    name.strip().lower()
    for name in os.environ.get("PARKCMS_OUTGOING_HOSTS", "").split(",")
    if name.strip()
)

# For these the worker may ask any host of the public internet, on ports 80 and 443.
OUTGOING_PURPOSES = frozenset(
    purpose
    for purpose, variable in {
        "links": "PARKCMS_CHECK_LINKS",
        "pictures": "PARKCMS_FETCH_PICTURES",
    }.items()
    if os.environ.get(variable) == "1"
)


def _require_open(host: str, channel: str) -> None:
    if channel in OUTBOX_CHANNELS and host not in OUTGOING_HOSTS:
        raise ImproperlyConfigured(
            f"PARKCMS_OUTBOX={channel} 还需要 PARKCMS_OUTGOING_HOSTS={host}。"
        )


def _mail_server() -> tuple[str, int, str, str, bool]:
    """Host, port, user, password and whether TLS comes first, from PARKCMS_SMTP_URL.

    smtps://user:password@host:465, or smtp://…:587, which asks for STARTTLS.
    """
    url = urlsplit(os.environ.get("PARKCMS_SMTP_URL", ""))
    if not url.hostname and "mail" not in OUTBOX_CHANNELS:
        return "", 0, "", "", False
    if url.scheme not in {"smtp", "smtps"} or not url.hostname:
        raise ImproperlyConfigured(
            "邮件需要 PARKCMS_SMTP_URL，写成 smtps://用户名:密码@主机:465，"
            "名字和密码里的特殊字符用 %XX 表示。"
        )
    over_tls = url.scheme == "smtps"
    port = url.port or (465 if over_tls else 587)
    _require_open(f"{url.hostname}:{port}", "mail")
    return url.hostname, port, unquote(url.username or ""), unquote(url.password or ""), over_tls


EMAIL_BACKEND = "parkcms.outbox.door.MailBackend"
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_SSL = _mail_server()
EMAIL_USE_TLS = not EMAIL_USE_SSL
EMAIL_TIMEOUT = 10  # seconds for each step of sending
DEFAULT_FROM_EMAIL = os.environ.get("PARKCMS_MAIL_FROM", "")
if "mail" in OUTBOX_CHANNELS and not DEFAULT_FROM_EMAIL:
    raise ImproperlyConfigured("邮件需要 PARKCMS_MAIL_FROM：寄出的邮箱地址。")
_require_open("qyapi.weixin.qq.com", "wecom")

# --- cookies: only the desk has any -------------------------------------------------------------
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "parkcms.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- headers ------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_HSTS_SECONDS = int(os.environ.get("PARKCMS_HSTS_SECONDS", 60 * 60 * 24 * 365))
    SECURE_HSTS_INCLUDE_SUBDOMAINS = os.environ.get("PARKCMS_HSTS_SUBDOMAINS", "1") == "1"
    SECURE_HSTS_PRELOAD = os.environ.get("PARKCMS_HSTS_PRELOAD", "0") == "1"
    # nginx sets this header and strips the visitor's own (deploy/nginx/proxy.conf).
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = False
    # W008: nginx answers plain HTTP with the redirect before Python is asked.
    # W021: a preload entry in browsers can't be taken back; the owner turns it on by hand.
    SILENCED_SYSTEM_CHECKS = ["security.W008", "security.W021"]

# Public pages need no more than this. The desk adds nonces and the editor's one style sheet
# (parkcms/adminsite.py).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
ADMIN_CSP = {
    "script-src": [SELF, NONCE],
    # The editor (ProseMirror) puts one fixed style sheet into the page; this is its hash.
    "style-src": [SELF, NONCE, "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"],
    "img-src": [SELF, "data:", "blob:"],
    # The preview beside an article's form; no other page of ours may stand in a frame.
    "frame-src": [SELF],
}

# --- sizes --------------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # bytes of a form without its files
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 5_242_880  # larger uploads go to disk first

# --- language and time --------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- static and uploaded files ------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static" if PRODUCTION else None
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
FILE_UPLOAD_PERMISSIONS = 0o644
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
# Outside production files come straight from where they lie: collecting and compressing them
# takes longer than everything else a first start does.
WHITENOISE_USE_FINDERS = not PRODUCTION
# A file edited under a running server would be cut at its old length.
WHITENOISE_AUTOREFRESH = not PRODUCTION
WHITENOISE_MAX_AGE = 3600 if PRODUCTION else 60

# The address of an enquiry is a secret, and what is logged names addresses (parkcms/logs.py).
# Django's own handlers know no mask, so they are taken away: one writes in DEBUG, one mails.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"masked": {"()": "parkcms.logs.MaskTokens"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["masked"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": []},
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}

# --- the editor ---------------------------------------------------------------------------------
# What we add to it; none of these brings an element of its own (articles/markup.py has the rules).
DJANGO_PROSE_EDITOR_EXTENSIONS = [
    {
        "js": [static_lazy(f"js/{file}.js")],
        "extensions": {name: html_tags([])},
    }
    for name, file in {
        "CleanPaste": "editor-paste",
        "LibraryPicture": "editor-library",
        "SiteLink": "editor-linking",
    }.items()
]

TAGGIT_CASE_INSENSITIVE = True
TAGGIT_TAGS_FROM_STRING = "articles.tags.split"
TAGGIT_STRING_FROM_TAGS = "articles.tags.joined"
