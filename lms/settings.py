"""One settings file. Everything that differs between machines comes from the environment.

The variables are listed in README.md. No environment at all is a demo on this machine: SQLite,
mail as files, one process. `production` refuses to start without the real thing.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from certificates.badges import multikey

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()  # NAME_FILE=/run/secrets/name works for every variable


def _whole_number(name: str, default: int, *, at_most: int = 65535) -> int:
    raw = env.str(name, default=str(default))
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw) <= at_most:
        raise ImproperlyConfigured(f"{name} must be a whole number from 1 to {at_most}.")
    return int(raw)


def _yes_or_no(name: str, *, default: bool) -> bool:
    raw = env.str(name, default="on" if default else "off")
    if raw not in {"on", "off"}:
        raise ImproperlyConfigured(f"{name} must be on or off.")
    return raw == "on"


def _url(name: str, default: str, *, example: str, schemes: set[str]) -> str:
    """The value, or a refusal that never repeats it: addresses of services carry passwords."""
    raw = env.str(name, default=default)
    try:
        parts = urlsplit(raw)
        known = parts.scheme in schemes and parts.port != 0
    except ValueError:  # a port that is no number, a bracket left open
        known = False
    if raw and not (known and (parts.hostname or parts.path.strip("/"))):
        raise ImproperlyConfigured(f"{name} must be an address like {example}.")
    return raw


def _web_origin(name: str, default: str = "") -> str:
    """Scheme, host and port of a web site; paths would be lost in links, so they are refused."""
    raw = _url(name, default, example="https://learn.example.org", schemes={"http", "https"})
    parts = urlsplit(raw.rstrip("/"))
    if raw and (not parts.hostname or parts.path or parts.query or parts.username):
        raise ImproperlyConfigured(f"{name} must be an address like https://learn.example.org.")
    if raw and PRODUCTION and parts.scheme != "https":
        raise ImproperlyConfigured(
            f"GROUNDWORK_ENV=production needs {name} to start with https://."
        )
    return raw.rstrip("/")


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
WEB_PROCESSES = _whole_number("WEB_PROCESSES", 1, at_most=256)
WORKERS = _whole_number("WORKERS", 1, at_most=256)
if TESTING and not env.str("VAR_DIR", default=""):
    VAR_DIR = Path(tempfile.mkdtemp(prefix="groundwork-test-"))
    atexit.register(shutil.rmtree, VAR_DIR, ignore_errors=True)
else:
    VAR_DIR = Path(env.str("VAR_DIR", default="") or BASE_DIR / "var").resolve()
try:
    VAR_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"VAR_DIR cannot be used: {error}.") from error
SITE_URL = _web_origin("SITE_URL", f"http://127.0.0.1:{PORT}")
SECRET_KEY = env.str("SECRET_KEY", default="" if PRODUCTION else "demo-only-" + "0" * 54)
if PRODUCTION and (len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10):
    raise ImproperlyConfigured("SECRET_KEY must be at least 50 random characters.")
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
    "insights",
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
    "people.signing_in.answers",
    "people.access.persons_zone",
    "people.access.second_step",
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
_database_url = _url(
    "DATABASE_URL",
    "",
    example="postgres://user:password@host:5432/groundwork or sqlite:////path/to/file",
    schemes={"postgres", "postgresql", "sqlite"},
)
if _database_url and not urlsplit(_database_url).path.strip("/"):
    raise ImproperlyConfigured("DATABASE_URL must name the database after the host.")
DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/groundwork.sqlite3")
}
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    _database["ENGINE"] = "lms.sqlite"  # with a queue for the writers of one process
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
    _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    _database["CONN_MAX_AGE"] = 0  # a pool keeps the connections
    # Asked before each use: those that a restart of the server broke are replaced, not handed out.
    _database["CONN_HEALTH_CHECKS"] = True
    _database["OPTIONS"] = {
        "pool": {
            "min_size": 1,
            "max_size": _whole_number("DB_POOL", 10, at_most=1000),
            "timeout": 20,
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: cache and doorbell. Without it each process has its own, and rooms poll.
REDIS_URL = _url(
    "REDIS_URL", "", example="redis://host:6379/0", schemes={"redis", "rediss", "unix"}
)
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "lms.cache.SharedOrOwn",
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
SMTP_URL = _url("SMTP_URL", "", example="smtp://user:password@host:587", schemes={"smtp", "smtps"})
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
# Whether workers may ask other sites anything (`lms.outgoing`); tests never reach the network.
OUTGOING_HTTP = _yes_or_no("OUTGOING_HTTP", default=not TESTING)
WEEKLY_LINKS = PRODUCTION  # a demo asks other sites only when somebody presses a button
OUTBOX_THREADS = not TESTING  # letters that somebody waits for are sent beside the request
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="Groundwork <learning@groundwork.test>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Who stands behind the certificates: copied into each one when it is issued.
FISCAL_YEAR_MONTH = _whole_number("FISCAL_YEAR_MONTH", 7, at_most=12)  # North Carolina's: 1 July
PROVIDER_NAME = env.str("PROVIDER_NAME", default="Groundwork Demonstration Health Department")
# The private key that signs badges: `manage.py badge_key make FILE`, then BADGE_KEY_FILE=FILE.
# Without one production gives no badges; a demo makes one for itself in VAR_DIR.
BADGE_KEY = env.str("BADGE_KEY", default="").strip()
if BADGE_KEY:
    try:
        multikey.secret_key(BADGE_KEY)
    except ValueError:
        raise ImproperlyConfigured(
            "BADGE_KEY must be a key that manage.py badge_key made."
        ) from None

# --- Languages and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["lms.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "America/New_York"

# --- Static files and media. Author and package files never share the site's origin in production.
STATIC_URL = "/static/"
# In production static files are part of the release, and VAR_DIR is data that outlives it.
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else VAR_DIR / "static"
if not PRODUCTION:
    STATIC_ROOT.mkdir(exist_ok=True)  # what serves it complains when it is not there yet
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL_BASE = _web_origin("MEDIA_URL_BASE")
if MEDIA_URL_BASE and MEDIA_URL_BASE == SITE_URL:
    raise ImproperlyConfigured("MEDIA_URL_BASE must be another origin than SITE_URL.")
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
    "map",
)
WHITENOISE_KEEP_ONLY_HASHED_FILES = not TESTING  # pages name no other; half the work to compress
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
ACCOUNT_FORMS = {
    "login": "people.signing_in.PasswordForm",
    "request_login_code": "people.signing_in.RequestCodeForm",
    "confirm_login_code": "people.signing_in.CodeForm",
    "signup": "people.signing_in.SignUpForm",
    "confirm_email_verification_code": "people.signing_in.ConfirmAddressForm",
    "add_email": "people.signing_in.AddAddressForm",
    "set_password": "people.signing_in.SetPasswordForm",
    "change_password": "people.signing_in.ChangePasswordForm",
    "reset_password": "people.signing_in.ResetPasswordForm",
    "confirm_password_reset_code": "people.signing_in.ResetCodeForm",
    "reset_password_from_key": "people.signing_in.NewPasswordForm",
    "reauthenticate": "people.signing_in.ConfirmPasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_SIGNUP_FORM_CLASS = "people.accounts.SignupDetails"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True  # a code, like everywhere: no link in the letter
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Six digits that a phone's keypad can type. Three tries each, and a letter may take its time.
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60
# Guessing is limited per address. Per network only in production, and generously: a whole
# department behind one address signs in for the same webinar. Twelve codes an hour, three tries
# each, find a six-digit code once in three years.
ACCOUNT_RATE_LIMITS = {
    "request_login_code": "300/m/ip,3/m/key,12/h/key" if PRODUCTION else "3/m/key,12/h/key",
    "reset_password": "100/m/ip,3/m/key,12/h/key" if PRODUCTION else "3/m/key,12/h/key",
    "reset_password_from_key": "100/m/ip" if PRODUCTION else "",
    "login": "600/m/ip" if PRODUCTION else "",
    "login_failed": "100/m/ip,5/5m/key" if PRODUCTION else "5/5m/key",
    "signup": "300/m/ip" if PRODUCTION else "",
}
MFA_ADAPTER = "people.accounts.SecondStepAdapter"
MFA_FORMS = {
    "authenticate": "people.second_step.CodeForm",
    "reauthenticate": "people.second_step.ConfirmCodeForm",
    "activate_totp": "people.second_step.AddAppForm",
    "add_webauthn": "people.second_step.AddPasskeyForm",
    "edit_webauthn": "people.second_step.RenamePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
MFA_RATE_LIMITS = {"webauthn_login": "300/m/ip" if PRODUCTION else ""}
MFA_TOTP_ISSUER = "Groundwork"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
SECOND_STEP_FOR_STAFF = PRODUCTION
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "me"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if PRODUCTION else 0
# In the database alone: the cached engine fails every signed-in request while Redis is away.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
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
