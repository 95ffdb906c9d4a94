"""Django's settings, read from the environment. `docs/settings.md` lists every variable."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kombu import Queue

from config import databases, embedded, env, logs
from providers import simulation

BASE_DIR = Path(__file__).resolve().parent.parent

# demo: `make run`, generous defaults, simulators. test: the test suite. production: nothing has a default that matters.
MODE = env.choice("COKO_MODE", "demo", ("demo", "test", "production"))
PRODUCTION = MODE == "production"
ROLE = env.choice("COKO_ROLE", "web", ("web", "jobs"))

PORT = env.integer("PORT", 8000, low=1, high=65_000)
BASE_URL = env.text("COKO_BASE_URL", None if PRODUCTION else f"http://127.0.0.1:{PORT}").rstrip("/")
SECRET_KEY = env.text("COKO_SECRET_KEY", None if PRODUCTION else "demo-only-secret-key-" + "0" * 50)
SECRET_KEY_FALLBACKS = env.words("COKO_SECRET_KEY_FALLBACKS")
JWT_KEY = env.text("COKO_JWT_KEY", None if PRODUCTION else "demo-only-jwt-key-" + "0" * 50)
if len(JWT_KEY) < 32:
    raise env.BadEnvironment("COKO_JWT_KEY must have at least 32 characters (256 bits)")
# Phone numbers are sealed with the first key and opened with any; the index key finds them without opening.
PHONE_KEYS = env.words("COKO_PHONE_KEYS", None if PRODUCTION else "ZGVtby1vbmx5LWtleS1kZW1vLW9ubHkta2V5LTAwMDA=")
PHONE_INDEX_KEY = env.text("COKO_PHONE_INDEX_KEY", None if PRODUCTION else "demo-only-index-key")
DEBUG = False
ALLOWED_HOSTS = env.words("COKO_ALLOWED_HOSTS", urlsplit(BASE_URL).hostname or "") + (
    [] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]", "testserver"]
)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework_simplejwt",
    "drf_spectacular",
    "djmoney",
    "config.identity",
    "config",
    "sync",
    "catalog",
    "billing.configuration",
    "billing.references",
    "billing.ledger",
    "billing.pricing",
    "billing.invoices",
    "billing.payments",
    "billing.payouts",
    "billing.refunds",
    "billing.reconciliation",
    "billing.inbox",
    "billing.outbox",
    "billing.subscriptions",
    "billing.checkout",
    "billing.api",
    "billing.web",
    "reading.activity",
    "reading.web",
    "royalties.contracts",
    "royalties.payees",
    "royalties.runs",
    "royalties.statements",
    "royalties.simulation",
    "royalties.web",
    "reports.exports",
    "reports.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.observation.Observation",
    "config.middleware.protection.Protection",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.frame",
            ],
        },
    },
]


def _address(variable: str) -> str:
    # Production never falls back to the embedded servers.
    return env.text(variable, None if PRODUCTION and variable == "DATABASE_URL" else "")


def _connection(address: str) -> dict[str, Any]:
    # Threads of a test must not hold its database open.
    return databases.parse(address, role=ROLE, kept_seconds=0 if MODE == "test" else 60)


# Two roles: config/grants.py says what the application's may do with what the owner made.
_addresses = databases.addresses(_address, embedded=embedded.database_urls())
_owner_addresses = databases.owner_addresses(_address, embedded=embedded.database_owner_urls())
DATABASE_APPLICATIONS = {alias: _connection(address) for alias, address in _addresses.items()}
DATABASE_OWNERS = {alias: _connection(address) for alias, address in _owner_addresses.items()}
# The tests make databases and step past triggers: they are the owner.
DATABASES = {**DATABASE_APPLICATIONS, **DATABASE_OWNERS} if MODE == "test" else DATABASE_APPLICATIONS
DATABASE_ROUTERS = ["config.databases.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.text("REDIS_URL", None if PRODUCTION else "") or embedded.redis_url()

AUTH_USER_MODEL = "identity.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if MODE == "test":  # hashing slowly on purpose would be most of the suite's time
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/home/"
LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = "Africa/Dakar"
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = embedded.var_dir() / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
# Tests read static files where they are written; nothing is collected.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = MODE == "test"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if MODE != "test"
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.identity.authentication.ApiKeyAuthentication",
        "config.identity.authentication.JwtAuthentication",
        "config.identity.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["billing.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "billing.api.problems.handle",
    "NUM_PROXIES": env.integer("COKO_TRUSTED_PROXIES", 0, low=0, high=10),
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SIMPLE_JWT = {
    "SIGNING_KEY": JWT_KEY,
    "ALGORITHM": "HS256",
    "AUDIENCE": "coko-api",
    "ISSUER": "coko",
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=1),
    # Rotation, families and revocation are config.identity.tokens.
    "ROTATE_REFRESH_TOKENS": False,
    "BLACKLIST_AFTER_ROTATION": False,
    "CHECK_REVOKE_TOKEN": False,
    "UPDATE_LAST_LOGIN": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Coko",
    "DESCRIPTION": "Payments and royalties for African digital publishing.",
    "VERSION": "1.0.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
}

# Celery: acknowledge after the work, give a lost worker's task back, take one at a time, never hold a result.
CELERY_BROKER_URL = embedded.celery_url(REDIS_URL)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_TIMEZONE = "UTC"
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(embedded.var_dir() / "celerybeat-schedule")
SWEEP_SECONDS = env.integer("COKO_SWEEP_SECONDS", 10, low=1, high=600)
IDEMPOTENCY_LOCK_SECONDS = env.integer("COKO_IDEMPOTENCY_LOCK_SECONDS", 90, low=2, high=3_600)
LEASE_SECONDS = env.integer("COKO_LEASE_SECONDS", 60, low=2, high=3_600)
# Each beat task is a sweep that finds by query what a lost message left undone.
CELERY_BEAT_SCHEDULE = {
    "sync-references": {"task": "billing.references.tasks.refresh", "schedule": SWEEP_SECONDS},
    "payments-resume": {"task": "billing.payments.tasks.resume_unsent", "schedule": SWEEP_SECONDS},
    "payments-poll": {"task": "billing.payments.tasks.poll_due", "schedule": SWEEP_SECONDS},
    "payouts-send": {"task": "billing.payouts.tasks.send_due", "schedule": SWEEP_SECONDS},
    "payouts-poll": {"task": "billing.payouts.tasks.poll_due", "schedule": SWEEP_SECONDS},
    "refunds-send": {"task": "billing.refunds.tasks.send_due", "schedule": SWEEP_SECONDS},
    "refunds-poll": {"task": "billing.refunds.tasks.poll_due", "schedule": SWEEP_SECONDS},
    "refunds-follow-payouts": {"task": "billing.refunds.tasks.follow_payouts", "schedule": SWEEP_SECONDS},
    "reconciliation-pull": {"task": "billing.reconciliation.tasks.pull_lately", "schedule": 3_600},
    "inbox-process": {"task": "billing.inbox.tasks.process_waiting", "schedule": SWEEP_SECONDS},
    "outbox-deliver": {"task": "billing.outbox.tasks.deliver_due", "schedule": SWEEP_SECONDS},
    "coupons-release": {"task": "billing.pricing.tasks.release_forgotten", "schedule": 3_600},
    "invoices-print": {"task": "billing.invoices.tasks.print_missing", "schedule": 60},
    "subscriptions-renew": {"task": "billing.subscriptions.tasks.renew", "schedule": SWEEP_SECONDS},
    "subscriptions-ask": {"task": "billing.subscriptions.tasks.ask", "schedule": 3 * SWEEP_SECONDS},
    "subscriptions-mandates": {"task": "billing.subscriptions.tasks.check_mandates", "schedule": 3 * SWEEP_SECONDS},
    "subscriptions-revenue": {"task": "billing.subscriptions.tasks.recognise_revenue", "schedule": 3_600},
    "royalties-accrue": {"task": "royalties.runs.tasks.accrue_new_sales", "schedule": 3 * SWEEP_SECONDS},
    "royalties-rescan": {"task": "royalties.runs.tasks.rescan_sales", "schedule": 86_400},
    "ledger-holds": {"task": "billing.ledger.tasks.expire_holds", "schedule": 3 * SWEEP_SECONDS},
    "ledger-seals": {"task": "billing.ledger.tasks.seal_days", "schedule": 3_600},
    "identity-forget": {"task": "config.identity.tasks.forget_expired", "schedule": 3_600},
}
# A sweep nobody began in time is not needed any more: the next one finds the same work. Each waits in a queue of its
# own, and workers take from the queues in turn: in one queue a long sweep would let those behind it run out of time, at
# every tick the same ones, and a provider that is slow to tell of payments would keep payouts from being sent.
for _name, _sweep in CELERY_BEAT_SCHEDULE.items():
    _sweep["options"] = {"expires": _sweep["schedule"], "queue": _name}
CELERY_TASK_QUEUES = [
    Queue(name, routing_key=name) for name in ("celery", *CELERY_BEAT_SCHEDULE)
]  # hints go to the first

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 5},
    }
}

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

LOGGING = logs.configuration(
    json_lines=PRODUCTION, level=env.choice("COKO_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
)
# Who may read /metrics in production; without a token nobody.
METRICS_TOKEN = env.text("COKO_METRICS_TOKEN", "")

# Where each provider's API is. Simulators unless told otherwise; credentials are PROVIDER_<NAME>_<MARKET>_<FIELD>.
SIMULATOR_PORT = env.integer("COKO_SIMULATOR_PORT", PORT + 90, low=1, high=65_535)
SIMULATOR_URL = f"http://127.0.0.1:{SIMULATOR_PORT}"
SIMULATED_PHONES_URL = ""  # where somebody who tries the demo answers for the payers' phones
OUTGOING_PRIVATE_ADDRESSES = not PRODUCTION  # our own webhooks may go to loopback in the demo and in tests
if MODE == "demo" and not any(name.startswith("PROVIDER_") for name in os.environ):
    # No wallet of our own: every adapter is led to the simulators of `make run`, with keys that open nothing.
    os.environ.update(simulation.demo_environment(SIMULATOR_URL))
    SIMULATED_PHONES_URL = f"{SIMULATOR_URL}/phone/"
