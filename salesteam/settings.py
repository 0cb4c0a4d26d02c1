"""Django settings, derived from the typed environment; see docs/settings.md for the table."""

import os
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from celery.schedules import crontab
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from salesteam import embedded, logs
from salesteam.environment import Environment, load

BASE_DIR = Path(__file__).resolve().parent.parent

ENV = load()
TESTING = ENV.salesteam_env == "test" or "pytest" in sys.modules
PRODUCTION = ENV.salesteam_env == "production"
DEBUG = False
SECRET_KEY = ENV.secret_key
ALLOWED_HOSTS = [h.strip() for h in ENV.allowed_hosts.split(",") if h.strip()] or ["*"]
SITE_URL = (ENV.site_url or f"http://localhost:{ENV.port}").rstrip("/")
SALESTEAM_HOME = ENV.salesteam_home
DEFAULT_TIME_ZONE = ENV.default_time_zone

INSTALLED_APPS = [
    "salesteam",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_cotton",
    "django_htmx",
    "apps.core",
    "apps.members",
    "apps.products",
    "apps.customers",
    "apps.funnel",
    "apps.orders",
    "apps.activities",
    "apps.calling",
    "apps.satisfaction",
    "apps.portfolio",
    "apps.pool",
    "apps.telephony",
    "apps.agenda",
    "apps.bulk",
    "apps.metrics",
    "apps.workday",
    "apps.staffing",
    "apps.reports",
    "apps.exchange",
    "apps.privacy",
    "apps.overnight",
    "apps.sample",
]

MIDDLEWARE = [
    "salesteam.health.HealthMiddleware",
    "salesteam.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.core.origin.OriginMiddleware",
    "apps.members.signing_in.sessions.SessionSeenMiddleware",
    # Whatever is about the session's own person stands before this, whatever shows pages behind.
    "apps.members.acting.gate.ActingMiddleware",
    "apps.members.middleware.MemberLocaleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "apps.core.kept_text.KeptTextMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.members.signing_in.two_step_gate.TwoStepMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.members.set_up_gate.SetUpMiddleware",
    "apps.core.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "salesteam.urls"
WSGI_APPLICATION = "salesteam.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.core.context_processors.shell",
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "apps.core.templatetags.formats",
            ],
        },
    }
]
COTTON_DIR = "cotton"


def database_from(url: str) -> dict[str, object]:
    """Split a postgresql:// address into Django's parts; `?host=/folder` names a socket folder."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "salesteam",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # Compiling a statement takes longer than any of ours runs.
        "OPTIONS": {"options": "-c jit=off"} | query,
        "TEST": {"NAME": os.environ.get("TEST_DATABASE_NAME")},
    }


DATABASES = {"default": database_from(ENV.database_url or embedded.database_url(SALESTEAM_HOME))}
REDIS_URL = ENV.redis_url or embedded.redis_url(SALESTEAM_HOME)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
# Counted from the last use: each use, noted every few minutes, starts it anew.
SESSION_COOKIE_AGE = ENV.session_hours * 3600
ACCOUNT_SESSION_COOKIE_AGE = ENV.remembered_days * 24 * 3600
ACCOUNT_SESSION_REMEMBER = None


def single_sign_on(env: Environment) -> dict[str, object]:
    """The one OpenID Connect provider of the environment, if any, in django-allauth's words."""
    if env.oidc_server_url is None:
        return {}
    app = {
        "provider_id": "single-sign-on",
        "name": env.oidc_name or "Single sign-on",
        "client_id": env.oidc_client_id,
        "secret": env.oidc_client_secret,
        "settings": {"server_url": env.oidc_server_url, "uid_field": "uid"},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}


AUTH_USER_MODEL = "members.Member"
AUTHENTICATION_BACKENDS = ["apps.members.signing_in.backends.MemberBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "apps.members.signing_in.passwords.KnownWordsValidator"},
]
# A new address counts once its mailbox has confirmed it, and the password is asked for again.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_FORMS = {
    "add_email": "apps.members.forms.account.ChangeEmailForm",
    "login": "apps.members.forms.sign_in.SignInForm",
}
MFA_ADAPTER = "apps.members.signing_in.mfa_adapter.TwoStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# The code before and after too: clocks of phones are never quite right.
MFA_TOTP_TOLERANCE = 1
# Members are invited by mail: their first address needs no confirmation.
MFA_ALLOW_UNVERIFIED_EMAIL = True
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "apps.members.signing_in.adapter.ClosedSignup"
# Whoever's password, address or second step changes is told by mail.
ACCOUNT_EMAIL_NOTIFICATIONS = True
# A key is an account: the one that is typed, or the one whose second step is asked for.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "reset_password": "20/m/ip,3/900s/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
}
SOCIALACCOUNT_ADAPTER = "apps.members.signing_in.single_sign_on.MembersOnly"
SOCIALACCOUNT_PROVIDERS = single_sign_on(ENV)
SINGLE_SIGN_ON_NAME = ENV.oidc_name
OIDC_IS_TWO_STEP = ENV.oidc_is_two_step
CSRF_FAILURE_VIEW = "apps.core.kept_text.csrf_failed"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("zh-hans", _("Simplified Chinese")),
    ("zh-hant", _("Traditional Chinese")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = SALESTEAM_HOME / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Fonts that PDFs embed, put there by `npm run build`; no browser reads them.
REPORT_FONTS = BASE_DIR / "fonts"
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 31536000 if PRODUCTION else 0
STATICFILES_BACKEND = (
    "whitenoise.storage.CompressedManifestStaticFilesStorage"
    if PRODUCTION
    else "django.contrib.staticfiles.storage.StaticFilesStorage"
)


def file_storage() -> dict[str, object]:
    """Uploaded and generated files: a local folder, or an S3-compatible bucket."""
    if not ENV.storage_url:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(SALESTEAM_HOME / "files")},
        }
    parts = urlsplit(ENV.storage_url)
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": parts.netloc, "location": parts.path.strip("/")},
    }


# Largest file that is kept with a customer.
CUSTOMER_FILE_MB = ENV.customer_file_mb
STORAGES = {"default": file_storage(), "staticfiles": {"BACKEND": STATICFILES_BACKEND}}


def mailer_from(url: str) -> dict[str, object]:
    """Split an smtp:// or smtps:// address into a Django mailer."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    options = {
        "host": parts.hostname or "localhost",
        "port": parts.port or (465 if parts.scheme == "smtps" else 25),
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_ssl": parts.scheme == "smtps",
        "use_tls": query.get("tls", ["0"])[-1] == "1",
        "timeout": 30,
    }
    return {"BACKEND": "apps.core.mail.SmtpBackend", "OPTIONS": options}


MAILERS = {"default": mailer_from(ENV.email_url)}
DEFAULT_FROM_EMAIL = ENV.email_from

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https://")
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# Not "Strict": the way back from a single sign-on, and a link in a mail, come from elsewhere.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE_HSTS_SECONDS = 31536000 if SITE_URL.startswith("https://") else 0
TRUSTED_PROXY = ENV.trusted_proxy
if TRUSTED_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Celery's name for a Unix socket and its database number differs from redis-py's.
CELERY_BROKER_URL = (
    REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# The visibility timeout must exceed the longest task; the two restore settings make work that a
# killed worker held come back within seconds instead of not at all.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": int(timedelta(hours=1).total_seconds()),
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
CELERY_TASK_ALWAYS_EAGER = False
CELERY_TIMEZONE = "UTC"
# Ticks look at the organisation's own clock and at what is already done, so that a missed or a
# doubled tick neither loses nor repeats anything.
CELERY_BEAT_SCHEDULE = {
    "overnight": {"task": "overnight.start_if_due", "schedule": crontab(minute="*/5")},
    "weekly-reports": {"task": "reports.start_if_due", "schedule": crontab(minute="*/10")},
    "report-editions": {"task": "reports.prepare_waiting", "schedule": crontab(minute="*/5")},
    "mails": {"task": "core.send_mails", "schedule": crontab(minute="*/2")},
    "customer-imports": {"task": "exchange.take_up", "schedule": crontab(minute="*/2")},
    "bulk-changes": {"task": "bulk.take_up", "schedule": crontab(minute="*/2")},
}

# Asked right before a mail of a purpose goes out: why it must not any more, or nothing. The outbox
# lies below the apps that know.
MAIL_CHECKS = {
    "survey": "apps.satisfaction.services.reason_to_withhold",
    "invitation": "apps.members.invitations.services.reason_to_withhold",
    "weekly_report": "apps.reports.services.reason_to_withhold",
}

# What “stuck” means is known to the metrics alone; the opportunity list, which lies below them,
# calls this with a day and gets the opportunities that were stuck then.
STUCK_RULE = "apps.metrics.selectors.stuck_everywhere"

# What keeps a customer from being deleted lies above the customers: each is called with one and says
# why it has to stay and what to do, or nothing.
CUSTOMER_KEEPING_CHECKS = ("apps.funnel.selectors.reason_to_keep_customer",)

# Whether anything has a price already, which the settings of the organisation ask, lies above them.
MONEY_RULE = "apps.staffing.money.is_money_recorded"

# Who may read which audit entries depends on people, who lie above the trail itself.
AUDIT_SCOPE = "apps.members.audit.scope.visible_entries"

LOGGING_CONFIG = None
logs.configure(form=ENV.log_format or ("json" if PRODUCTION else "console"), level=ENV.log_level)
# The email is unique by a constraint on its lower case, which the check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
