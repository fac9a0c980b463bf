"""The one way to the company's systems: HTTP with timeouts, strict answers, and changes that happen once.

Nothing is opened at import. The composition root calls `configure`; under `rasa run actions` the
address and the token come from COMPANY_URL and COMPANY_TOKEN.
"""

from __future__ import annotations

import copy
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from pydantic import BaseModel, ValidationError
from requests.adapters import HTTPAdapter

from actions.answers import Customer, Operation
from actions.breaker import Breaker

CONNECT_SECONDS = 2.0
READ_SECONDS = 4.0
SETTLE_SECONDS = 2.0
POOL = 32

M = TypeVar("M", bound=BaseModel)


class CompanyError(Exception):
    """Base: `code` says what it was, for people who look after the system."""

    def __init__(self, code: str, detail: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class Declined(CompanyError):
    """The company understood and said no; `code` is its own."""


class Failed(CompanyError):
    """It did not work, and nothing was changed as far as anybody can tell. `status` where there was one."""

    def __init__(self, code: str, detail: str | None = None, *, status: int | None = None) -> None:
        super().__init__(code, detail)
        self.status = status


class Unsure(CompanyError):
    """The request may have arrived; no answer came. For a change this means: in doubt."""


class InDoubt(CompanyError):
    """A change whose end nobody knows, although the company was asked."""


@dataclass(frozen=True)
class Timeout:
    """Seconds to connect and seconds between two bytes of the answer."""

    connect: float = CONNECT_SECONDS
    read: float = READ_SECONDS
    settle: float = SETTLE_SECONDS


class CompanyClient:
    """Safe for threads. `clock` gives monotonic seconds, for the circuit breaker."""

    _language: str | None = None

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: Timeout | None = None,
        clock: Callable[[], float] = time.monotonic,
        breaker: Breaker | None = None,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._timeout = timeout or Timeout()
        self._breaker = breaker or Breaker(clock)
        self._session = requests.Session()
        # The token is for the company alone, whatever proxy or .netrc the machine has.
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=POOL)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._session.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})

    def speaking(self, language: str | None) -> CompanyClient:
        """The same client, asking for texts in that language (what the company mails or texts, say)."""
        view = copy.copy(self)
        view._language = language
        return view

    def close(self) -> None:
        """Closes all connections."""
        self._session.close()

    def customer(self, id_or_account: str) -> Customer | None:
        """That customer, or None when the company knows none. Raises Failed."""
        try:
            return self.get(f"/customers/{segment(id_or_account)}", Customer)
        except Failed as failed:
            if failed.status == 404:
                return None
            raise

    def get(self, path: str, model: type[M], params: Mapping[str, str] | None = None) -> M:
        """Reads. A broken connection is tried once more, since reading twice does no harm. Raises Failed."""
        try:
            return self._read(self._send("GET", path, self._timeout.read, params=params), model)
        except Unsure as unsure:
            if unsure.code != "connection_broken":
                raise Failed(unsure.code) from unsure
        try:
            return self._read(self._send("GET", path, self._timeout.read, params=params), model)
        except Unsure as unsure:
            raise Failed(unsure.code) from unsure

    def get_changed(
        self, path: str, model: type[M], params: Mapping[str, str], etag: str | None
    ) -> tuple[M | None, str | None]:
        """Reads what has an ETag: (answer, its tag), or (None, tag) when it is as it was. Raises Failed."""
        try:
            answer = self._send("GET", path, self._timeout.read, params=params, etag=etag)
        except Unsure as unsure:
            raise Failed(unsure.code) from unsure
        if answer.status_code == 304 and etag is not None:
            return None, etag
        return self._read(answer, model), answer.headers.get("ETag")

    def ask(self, path: str, body: Mapping[str, Any], model: type[M], key: str | None = None) -> M:
        """A POST that no key can settle, such as checking a code. Raises Declined, Failed, Unsure."""
        return self._read(self._send("POST", path, self._timeout.read, body=body, key=key), model)

    def change(
        self, path: str, body: Mapping[str, Any], model: type[M], key: str, *, again: bool = False
    ) -> M:
        """Changes something exactly once per key. Raises Declined, Failed, InDoubt.

        Without an answer the company is asked once what became of the key; when it knows nothing the
        change is sent again once under the same key. `again` asks first: the key is from an earlier try
        whose end nobody knew.
        """
        if again:
            found = self._find(key, model)
            if found is not None:
                return found
        try:
            return self.ask(path, body, model, key)
        except Unsure:
            pass
        except Failed as failed:
            if failed.status is None or (failed.status < 500 and failed.code != "bad_answer"):
                raise
            # A broken answer proves nothing: the change may have been made before it broke.
            return self._found_or(key, model, failed)
        found = self._find(key, model)
        if found is not None:
            return found
        try:
            return self._read(self._send("POST", path, self._timeout.settle, body=body, key=key), model)
        except Unsure as unsure:
            raise InDoubt(unsure.code) from unsure

    def _found_or(self, key: str, model: type[M], failed: Failed) -> M:
        try:
            found = self._find(key, model)
        except InDoubt:
            raise failed from None
        if found is None:
            raise failed
        return found

    def _find(self, key: str, model: type[M]) -> M | None:
        """What became of that key, None when the company has never heard of it. Raises Declined, InDoubt."""
        try:
            answer = self._send("GET", f"/operations/{segment(key)}", self._timeout.settle)
            if answer.status_code == 404:
                return None
            operation = self._read(answer, _Found).operation
            if operation.key != key:
                raise Failed("bad_answer")
            if operation.status == "declined":
                raise Declined(operation.code or "declined")
            return self._read(answer, model)
        except (Unsure, Failed) as unknown:
            raise InDoubt(unknown.code) from unknown

    def _send(
        self,
        method: str,
        path: str,
        read_seconds: float,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
        etag: str | None = None,
    ) -> requests.Response:
        if not self._breaker.allows():
            raise Failed("company_resting")
        try:
            answer = self._session.request(
                method,
                self._base + path,
                params=params,
                json=body,
                headers=self._headers(key) | ({"If-None-Match": etag} if etag else {}),
                timeout=(self._timeout.connect, read_seconds),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            self._breaker.failed()
            raise _without_answer(error) from error
        self._breaker.succeeded()
        return answer

    def _headers(self, key: str | None) -> dict[str, str]:
        language = {"Accept-Language": self._language} if self._language else {}
        return language | ({"Idempotency-Key": key} if key else {})

    def _read(self, answer: requests.Response, model: type[M]) -> M:
        if answer.ok and not answer.is_redirect:
            try:
                return model.model_validate_json(answer.content)
            except ValidationError as error:
                raise Failed("bad_answer", status=answer.status_code) from error
        code = _code_of(answer)
        if answer.status_code == 422 and code is not None:
            raise Declined(code)
        raise Failed(code or f"status_{answer.status_code}", status=answer.status_code)


class _Found(BaseModel):
    operation: Operation


class _Error(BaseModel):
    code: str


def _without_answer(error: requests.RequestException) -> CompanyError:
    # requests reports a refused and a broken connection with one class; only the first was surely not sent.
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
        return Failed("not_configured")
    if isinstance(error, requests.ConnectTimeout):
        return Failed("unreachable")
    if isinstance(error, requests.ReadTimeout):
        return Unsure("no_answer")
    if isinstance(error, requests.ConnectionError) and "NewConnectionError" in repr(error):
        return Failed("unreachable")
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return Unsure("connection_broken")
    return Unsure("request_failed")


def _code_of(answer: requests.Response) -> str | None:
    try:
        return _Error.model_validate_json(answer.content).code[:60]
    except ValidationError:
        return None


def segment(value: str) -> str:
    """A value as one part of a path, so that no id can lead elsewhere."""
    quoted = quote(str(value), safe="")
    return quoted.replace(".", "%2E") if set(quoted) == {"."} else quoted


_configured: CompanyClient | None = None
_lock = threading.Lock()


def configure(client: CompanyClient | None) -> None:
    """Sets the client that all actions use. None forgets it."""
    global _configured
    with _lock:
        _configured = client


def current() -> CompanyClient:
    """The configured client, else one made from COMPANY_URL and COMPANY_TOKEN. Raises Failed without."""
    global _configured
    with _lock:
        if _configured is None:
            url, token = os.environ.get("COMPANY_URL"), os.environ.get("COMPANY_TOKEN")
            if not url or not token:
                raise Failed("not_configured")
            _configured = CompanyClient(url, token)
        return _configured
