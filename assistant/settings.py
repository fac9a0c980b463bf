"""What can be set, from options and `ASSISTANT_…` variables; secrets only from variables or the data dir."""

from __future__ import annotations

import json
import os
import secrets
from base64 import b64encode
from pathlib import Path
from typing import Any

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
SECRETS_FILE = "secrets.json"


class Settings(BaseSettings):
    """One value object, made at the start and passed around; nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    data_dir: Path = Path("var")
    database: str | None = None
    redis: str | None = None
    workers: int = Field(1, ge=1, le=64)
    company_url: str | None = None
    metrics_port: int = Field(0, ge=0, le=65535, description="0: no metrics listener")
    public_url: str | None = None
    allowed_origins: list[str] = Field(default_factory=list, description="sites that may carry the widget")
    audience: str | None = Field(default=None, description="the aud of identity tokens, when set")
    proxies: int = Field(0, ge=0, le=10, description="how many reverse proxies stand in front")
    smtp_url: str | None = None
    root: Path = ROOT

    # secrets
    identity_secret: str = ""
    company_token: str = ""
    company_events_secret: str = ""
    company_control_token: str = ""
    # the built-in company: where its control API listens, set by the command that starts it
    company_control_url: str | None = None

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{(self.data_dir / 'journal.sqlite').absolute()}"

    @property
    def base_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"


def _made_up() -> dict[str, str]:
    return {
        "identity_secret": secrets.token_urlsafe(32),
        "company_token": secrets.token_urlsafe(32),
        "company_control_token": secrets.token_urlsafe(32),
        "company_events_secret": "whsec_" + b64encode(secrets.token_bytes(32)).decode(),
    }


def _kept_secrets(data_dir: Path) -> dict[str, str]:
    """The data dir's own secrets, made up at the first start; the file is readable by its owner alone."""
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / SECRETS_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        kept: dict[str, str] = json.loads(path.read_text())
        return kept
    made = _made_up()
    with os.fdopen(descriptor, "w") as file:
        json.dump(made, file, indent=1)
    return made


def load_settings(**given: Any) -> Settings:
    """Settings from what was given (None means not given), then variables, then defaults.

    Secrets that no variable names are made up once and kept in the data dir.
    Raises pydantic.ValidationError with the option's name when a value does not fit.
    """
    settings = Settings(**{key: value for key, value in given.items() if value is not None})
    kept = _kept_secrets(settings.data_dir)
    missing = {key: value for key, value in kept.items() if not getattr(settings, key, "x")}
    return settings.model_copy(update=missing) if missing else settings
