"""Secrets that have to be read again, such as those of authenticator apps: encrypted by the signing key.

Whoever reads the database alone learns nothing. After a change of the signing key the old one stays
in SECRET_KEY_FALLBACKS, or members set their second step up again.
"""

import base64

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

SALT = "apps.core.encryption"


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [salted_hmac(SALT, "key", secret=key, algorithm="sha256").digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def encrypt(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Raises cryptography.fernet.InvalidToken for what another key encrypted."""
    return _fernet().decrypt(encrypted.encode()).decode()
