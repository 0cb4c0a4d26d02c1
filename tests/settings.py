"""The product's settings, for tests: own servers, own database and cache of each test process.

Set in the environment before the product's settings are read, so that programs which tests start
inherit it. DATABASE_URL and REDIS_URL are honoured: then nothing embedded starts.
"""

import os
from pathlib import Path

from tests.slots import REDIS_DATABASES_PER_RUN, own_slot, worker_number

os.environ["SALESTEAM_ENV"] = "test"
os.environ["SALESTEAM_HOME"] = os.environ.get("SALESTEAM_TEST_HOME") or str(
    Path(__file__).resolve().parent.parent / "var" / "test"
)
os.environ.pop("SITE_URL", None)

from salesteam.settings import *  # noqa: F403 (the environment comes first)
from salesteam.settings import DATABASES, REDIS_URL, STATIC_ROOT

STATIC_ROOT.mkdir(parents=True, exist_ok=True)
SLOT = own_slot(Path(os.environ["SALESTEAM_HOME"]))
DATABASES["default"]["TEST"] = {"NAME": f"test_salesteam_{SLOT}"}

if REDIS_URL.startswith("unix://"):
    _number = SLOT * REDIS_DATABASES_PER_RUN + worker_number()
    REDIS_URL = REDIS_URL.replace("?db=0", f"?db={_number}")
    CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace(
        "?db=", "?virtual_host="
    )
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # Somebody's own Redis may be in use: only our keys are ever deleted.
        "KEY_PREFIX": f"salesteam-test-{SLOT}-{worker_number()}",
    }
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
