"""The settings that a deployment may set, typed, with defaults; nonsense is refused at start.

`docs/settings.md` is checked against this class by a test, so the table there is complete.
"""

import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SHORTEST_KEY = 32
DISCOVERY = "/.well-known/openid-configuration"
INSECURE_KEY = "development-only-key-that-is-refused-in-production"


class Environment(BaseSettings):
    """Values read from environment variables of the same name in capitals."""

    model_config = SettingsConfigDict(case_sensitive=False, env_ignore_empty=True)

    salesteam_env: Literal["development", "production", "test"] = Field(
        "development", description="Mode: production insists on a secret key and HTTPS cookies."
    )
    salesteam_home: Path = Field(
        Path("var"), description="Data folder of files and embedded servers."
    )
    secret_key: str = Field(INSECURE_KEY, description="Signing key, at least 32 characters.")
    database_url: str | None = Field(
        None, description="postgresql://user:password@host:port/name; unset: embedded PostgreSQL."
    )
    redis_url: str | None = Field(None, description="redis://host:port/db; unset: embedded Valkey.")
    port: int = Field(8000, ge=1, le=65535, description="Port of the web server.")
    bind_address: str = Field(
        "127.0.0.1", description="IP address the web server listens on; 0.0.0.0 for all."
    )
    web_workers: int = Field(2, ge=1, le=64, description="Web server processes.")
    web_threads: int = Field(4, ge=1, le=64, description="Threads per web server process.")
    worker_concurrency: int = Field(2, ge=1, le=64, description="Task processes per worker.")
    site_url: str | None = Field(
        None, description="Public address, used in mails; default http://localhost:PORT."
    )
    allowed_hosts: str = Field("", description="Comma-separated host names that are answered.")
    trusted_proxy: bool = Field(
        False, description="Behind a reverse proxy that sets X-Forwarded-Proto and -For itself."
    )
    email_url: str = Field(
        "smtp://localhost:1025",
        description="smtp://user:password@host:port (STARTTLS with ?tls=1, smtps:// for TLS).",
    )
    email_from: str = Field("SalesTeam <salesteam@localhost>", description="Sender of every mail.")
    storage_url: str | None = Field(
        None, description="s3://bucket/prefix for files; unset: folder SALESTEAM_HOME/files."
    )
    log_format: Literal["json", "console"] | None = Field(
        None, description="Log lines as json (production) or for people (console)."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Lowest level that is logged."
    )
    default_time_zone: str = Field(
        "Europe/Berlin", description="Zone of a new organisation until its administrator sets it."
    )

    customer_file_mb: int = Field(
        20, ge=1, le=1024, description="Largest file that is kept with a customer, in megabytes."
    )
    session_hours: int = Field(
        12, ge=1, le=720, description="A sign-in ends after so many hours without use."
    )
    remembered_days: int = Field(
        14, ge=1, le=365, description="The same, in days, where somebody chose to be remembered."
    )
    oidc_server_url: str | None = Field(
        None, description="Single sign-on: issuer address of the OpenID Connect provider."
    )
    oidc_client_id: str | None = Field(
        None, description="Single sign-on: this site's name at the provider."
    )
    oidc_client_secret: str | None = Field(
        None, description="Single sign-on: this site's secret at the provider."
    )
    oidc_name: str | None = Field(
        None, description="Single sign-on: words of the button, such as Sign in with Contoso."
    )
    oidc_is_two_step: bool = Field(
        False,
        description="Single sign-on: the provider asks for two steps, so that none follow here.",
    )

    @field_validator("salesteam_home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("database_url")
    @classmethod
    def _postgres_only(cls, value: str | None) -> str | None:
        if value and not value.startswith(("postgres://", "postgresql://")):
            msg = "must be a postgresql:// address: no other database is supported"
            raise ValueError(msg)
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_only(cls, value: str | None) -> str | None:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            msg = "must be a redis://, rediss:// or unix:// address"
            raise ValueError(msg)
        return value

    @field_validator("bind_address")
    @classmethod
    def _ip_address(cls, value: str) -> str:
        return str(ip_address(value))

    @field_validator("email_url")
    @classmethod
    def _smtp_only(cls, value: str) -> str:
        if not value.startswith(("smtp://", "smtps://")):
            msg = "must be an smtp:// or smtps:// address"
            raise ValueError(msg)
        return value

    @field_validator("oidc_server_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            msg = "must be an https:// address, as in the field “issuer” of the provider"
            raise ValueError(msg)
        return value.removesuffix(DISCOVERY).rstrip("/")

    @field_validator("default_time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            msg = f"{value} is not a time zone such as Europe/Berlin"
            raise ValueError(msg) from error
        return value

    @model_validator(mode="after")
    def _single_sign_on_is_whole(self) -> Self:
        needed = {
            "OIDC_SERVER_URL": self.oidc_server_url,
            "OIDC_CLIENT_ID": self.oidc_client_id,
            "OIDC_CLIENT_SECRET": self.oidc_client_secret,
        }
        missing = [name for name, value in needed.items() if not value]
        begun = len(missing) < len(needed) or self.oidc_name or self.oidc_is_two_step
        if begun and missing:
            msg = f"single sign-on is set up by halves: set {' and '.join(missing)} too, or none"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _production_is_safe(self) -> Self:
        if self.salesteam_env != "production":
            return self
        if (self.oidc_server_url or "https:").startswith("http:"):
            msg = "OIDC_SERVER_URL must be an https:// address in production"
            raise ValueError(msg)
        if self.secret_key == INSECURE_KEY or len(self.secret_key) < SHORTEST_KEY:
            msg = (
                f"SECRET_KEY must be set to at least {SHORTEST_KEY} random characters in production"
            )
            raise ValueError(msg)
        if not self.allowed_hosts:
            msg = "ALLOWED_HOSTS must name the host names of the site in production"
            raise ValueError(msg)
        return self


def load() -> Environment:
    """Read the environment; ends the program with a line per value that can't be used."""
    try:
        return Environment()
    except ValidationError as error:
        lines = [
            f"  {'.'.join(map(str, e['loc'])).upper() or 'SETTINGS'}: "
            f"{e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        ]
    sys.exit(
        "\n".join(["The settings in the environment can't be used (see docs/settings.md):", *lines])
    )
