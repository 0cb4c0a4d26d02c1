"""A small OpenID Connect provider on a port of its own, for tests: code flow, PKCE, signed tokens.

A test says who signs in there (`person`) and, by `faults`, what the provider does wrong. It checks
what the product sends as a strict provider would: client, secret, redirect address and verifier.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from salesteam.environment import Environment
from salesteam.settings import single_sign_on

CLIENT_ID, CLIENT_SECRET = "salesteam", "a secret of the two"
KEY_NAME = "key-1"
Answer = tuple[int, dict[str, Any]]


@cache
def signing_key(name: str) -> rsa.RSAPrivateKey:
    """A key pair for the whole run; keys of other names are nobody's."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Provider:
    """What it is asked, and how it answers."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    # Claims of the ID token that differ from the right ones; None leaves one out.
    claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    signed_by: str = KEY_NAME
    # Discovery as it should not be.
    discovery: dict[str, Any] = field(default_factory=dict)
    # Path → status and body, in place of the right answer.
    faults: dict[str, Answer] = field(default_factory=dict)
    # Claims that only the user info tells.
    only_in_user_info: tuple[str, ...] = ()
    # The error with which it sends people back instead of signing them in.
    error: str = ""
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            **self.discovery,
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the person is sent after they have signed in here."""
        assert query["client_id"] == CLIENT_ID
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert set(query["scope"].split()) == {"openid", "profile", "email"}
        answer = {"state": query["state"]}
        if self.error:
            answer["error"] = self.error
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self.codes[answer["code"]] = query
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, form: dict[str, str]) -> Answer:
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or challenge != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        access = secrets.token_urlsafe(16)
        self.tokens.add(access)
        return 200, {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.id_token(asked["nonce"]),
        }

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        right = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **{key: said for key, said in self.person.items() if key not in self.only_in_user_info},
        }
        claims = {key: said for key, said in {**right, **self.claims}.items() if said is not None}
        key: Any = signing_key(self.signed_by)
        if self.algorithm == "HS256":
            key = CLIENT_SECRET * 2
        if self.algorithm == "none":
            key = None
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": KEY_NAME})

    def keys(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(
            signing_key(KEY_NAME).public_key(), as_dict=True
        )
        return {"keys": [{**public, "kid": KEY_NAME, "use": "sig", "alg": "RS256"}]}

    def answer(self, path: str, form: dict[str, str], bearer: str) -> Answer:
        self.asked.append(path)
        if path in self.faults:
            return self.faults[path]
        if path == "/.well-known/openid-configuration":
            return 200, self.document()
        if path == "/keys":
            return 200, self.keys()
        if path == "/token":
            return self.token(form)
        if path == "/userinfo" and bearer in self.tokens:
            return 200, self.person
        return 401, {"error": "invalid_token"}


class Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path != "/authorize":
            return self._send(parts.path, {})
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.send_response(302)
        self.send_header("Location", self.provider.authorize(query))
        self.send_header("Content-Length", "0")
        return self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._send(self.path, {key: values[0] for key, values in parse_qs(body).items()})

    def _send(self, path: str, form: dict[str, str]) -> None:
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        status, body = self.provider.answer(path, form, bearer)
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_arguments: object) -> None:
        """Tests print nothing."""


@contextmanager
def running() -> Iterator[Provider]:
    provider = Provider()
    handler = type("HandlerOfOne", (Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings_for(issuer: str) -> dict[str, Any]:
    """What the settings make of an environment that names a provider at this address."""
    return single_sign_on(
        Environment(
            oidc_server_url=issuer, oidc_client_id=CLIENT_ID, oidc_client_secret=CLIENT_SECRET
        )
    )
