"""One settings file. Everything that differs between machines comes from the environment.

The variables are listed in README.md. No environment at all is a demo on this machine: SQLite,
mail as files, one process. `production` refuses to start without the real thing.
"""

import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()  # NAME_FILE=/run/secrets/name works for every variable


def _whole_number(name: str, default: int, *, at_least: int = 1) -> int:
    raw = env.str(name, default=str(default))
    if not raw.isascii() or not raw.isdigit() or int(raw) < at_least:
        raise ImproperlyConfigured(
            f"{name} must be a whole number from {at_least} up, not {raw!r}."
        )
    return int(raw)


def _url(name: str, default: str, *, schemes: set[str]) -> str:
    raw = env.str(name, default=default)
    parts = urlsplit(raw)
    if raw and (parts.scheme not in schemes or not (parts.netloc or parts.path)):
        starts = " or ".join(f"{scheme}://" for scheme in sorted(schemes))
        raise ImproperlyConfigured(f"{name} must start with {starts}, not {raw!r}.")
    return raw


ENVIRONMENT = env.str("GROUNDWORK_ENV", default="test" if "pytest" in sys.modules else "demo")
if ENVIRONMENT not in {"demo", "test", "production"}:
    raise ImproperlyConfigured(
        f"GROUNDWORK_ENV must be demo, test or production, not {ENVIRONMENT!r}."
    )
_unknown = {name for name in os.environ if name.startswith("GROUNDWORK_")} - {"GROUNDWORK_ENV"}
if _unknown:
    raise ImproperlyConfigured(
        f"Unknown setting in the environment: {', '.join(sorted(_unknown))}."
    )
PRODUCTION, TESTING = ENVIRONMENT == "production", ENVIRONMENT == "test"
DEBUG = False

if PRODUCTION:
    _missing = [
        name
        for name in ("SECRET_KEY", "DATABASE_URL", "SITE_URL", "SMTP_URL")
        if not env.str(name, default="")
    ]
    if _missing:
        raise ImproperlyConfigured(f"GROUNDWORK_ENV=production needs: {', '.join(_missing)}.")

PORT = _whole_number("PORT", 8000)
WEB_PROCESSES = _whole_number("WEB_PROCESSES", 1)
WORKERS = _whole_number("WORKERS", 1)
VAR_DIR = Path(
    env.str(
        "VAR_DIR",
        default=tempfile.mkdtemp(prefix="groundwork-test-") if TESTING else str(BASE_DIR / "var"),
    )
).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)
SITE_URL = _url("SITE_URL", f"http://127.0.0.1:{PORT}", schemes={"http", "https"}).rstrip("/")
SECRET_KEY = env.str("SECRET_KEY", default="" if PRODUCTION else "demo-only-" + "0" * 54)
DEMO_PASSWORD = env.str("DEMO_PASSWORD", default="groundwork-demo")

_host = urlsplit(SITE_URL).hostname or "127.0.0.1"
ALLOWED_HOSTS = [_host] if PRODUCTION else [_host, "127.0.0.1", "localhost", "testserver"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "lms",
    "people",
    "library",
    "courses",
    "webinars",
    "certificates",
    "channels",
    "django_htmx",
    "django_prose_editor",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",  # the passkey list of allauth.mfa
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.forms",
]
MIDDLEWARE = [
    *([] if PRODUCTION else ["lms.timing.server_timing"]),
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "lms.http.htmx_redirects",
    "lms.http.private_pages",
    "people.access.persons_zone",
]
ROOT_URLCONF = "lms.urls"
ASGI_APPLICATION = "lms.asgi.application"
WSGI_APPLICATION = "lms.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lms.http.site",
            ],
            "builtins": ["lms.templatetags.words"],
        },
    }
]
FORM_RENDERER = "lms.forms.UswdsRenderer"

# --- Database: SQLite on this machine, or PostgreSQL by DATABASE_URL.
_url("DATABASE_URL", "", schemes={"postgres", "postgresql", "sqlite"})
DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/groundwork.sqlite3")
}
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
    _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    _database["CONN_MAX_AGE"] = 0  # a pool keeps the connections
    _database["OPTIONS"] = {
        "pool": {"min_size": 1, "max_size": _whole_number("DB_POOL", 10), "timeout": 20}
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: cache and doorbell. Without it each process has its own, and rooms poll.
REDIS_URL = _url("REDIS_URL", "", schemes={"redis", "rediss", "unix"})
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
        }
    }
    # Only the pub/sub layer: the core layer drops consumers with redis-py 8. It carries doorbells,
    # never data, so a lost message costs a poll interval.
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL], "prefix": "groundwork"},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# --- Mail: files by default, SMTP by SMTP_URL (smtp://user:password@host:587, smtps:// for TLS).
SMTP_URL = _url("SMTP_URL", "", schemes={"smtp", "smtps"})
_smtp = urlsplit(SMTP_URL)
if SMTP_URL and not _smtp.hostname:
    raise ImproperlyConfigured("SMTP_URL must name a host, as in smtp://user:password@host:587.")
if TESTING:
    _mailer: dict[str, object] = {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
elif SMTP_URL:
    _mailer = {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": _smtp.hostname,
            "port": _smtp.port or (465 if _smtp.scheme == "smtps" else 587),
            "username": unquote(_smtp.username or ""),
            "password": unquote(_smtp.password or ""),
            "use_ssl": _smtp.scheme == "smtps",
            "use_tls": _smtp.scheme == "smtp" and bool(_smtp.username),
            "timeout": 20,
        },
    }
else:
    _mailer = {
        "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "OPTIONS": {"file_path": str(VAR_DIR / "mail")},
    }
MAILERS = {"default": _mailer}
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="Groundwork <learning@groundwork.test>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Who stands behind the certificates: copied into each one when it is issued.
PROVIDER_NAME = env.str("PROVIDER_NAME", default="Groundwork Demonstration Health Department")

# --- Languages and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "America/New_York"

# --- Static files and media. Author and package files never share the site's origin in production.
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # what serves it complains when it is not there yet
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL_BASE = _url("MEDIA_URL_BASE", "", schemes={"http", "https"})
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    "png",
    "jpg",
    "webp",
    "zip",
    "gz",
    "br",
    "woff2",
    "webm",
    "mp4",
)
WHITENOISE_USE_FINDERS = TESTING

# --- Accounts
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else ["people.passwords.Argon2", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator")
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    }
]
ACCOUNT_ADAPTER = "people.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_SIGNUP_FORM_CLASS = "people.accounts.SignupDetails"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
MFA_TOTP_ISSUER = "Groundwork"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "me"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if PRODUCTION else 0
SESSION_ENGINE = f"django.contrib.sessions.backends.{'cached_db' if REDIS_URL else 'db'}"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14

# --- Security
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "media-src": [CSP.SELF],
    "frame-src": ["https://www.youtube-nocookie.com"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Page querysets refuse unplanned lazy loads in tests, and batch them elsewhere: a missed
# select_related is a failing test, never a broken page for a learner.
STRICT_FETCH = TESTING

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING" if TESTING else "INFO"},
    "loggers": {"django.request": {"level": "ERROR" if TESTING else "WARNING"}},
}
