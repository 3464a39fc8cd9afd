"""A provider of identities over HTTP (OpenID Connect): discovery, keys, and a token endpoint that checks PKCE and can lie."""

import hashlib
import json
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from time import time
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "orderline"
SECRET = "s3cret of the client, with space & sign"


@cache
def key_of(name: str, of: str = "") -> RSAKey:
    """A key of a name; of: who else has one of the same name."""
    return RSAKey.generate_key(2048, {"kid": name})


def unpadded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


@dataclass
class IdentityProvider:
    """person: the claims of whoever signs in. bend: makes another id token of the right claims; None: the right one.

    answers: what a path answers instead, as (status, body, headers). held: the path that answers once `hold` is set.
    """

    url: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    bend: "Callable[[IdentityProvider, dict[str, Any]], str | None] | None" = None
    answers: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)
    hold: threading.Event = field(default_factory=threading.Event)
    held: str = ""
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    key: RSAKey = field(default_factory=lambda: key_of("one"))
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def sign(self, claims: dict[str, Any], key: RSAKey | None = None) -> str:
        """An id token."""
        signing = key or self.key
        return jwt.encode({"alg": "RS256", "kid": str(signing.kid)}, claims, signing, algorithms=["RS256"])

    def let_in(self, address: str) -> str:
        """What the browser does at the provider: the path that it is sent back to, with its query."""
        answer = httpx.get(address, timeout=20)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        return f"{back.path}?{back.query}"

    def answer(self, method: str, path: str, query: dict[str, str], auth: str, form: dict[str, str]) -> Any:
        """(status, body, headers)."""
        self.asked.append(path)
        if path == self.held:
            self.hold.wait(60)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return 200, self._about(), {}
        if path == "/keys":
            return 200, {"keys": [{**self.key.as_dict(private=False), "use": "sig"}]}, {}
        if path == "/authorize":
            return self._authorize(query)
        if path == "/token" and method == "POST":
            return self._token(auth, form)
        return 404, {"error": "not_found"}, {}

    def _about(self) -> dict[str, Any]:
        return {
            "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }  # fmt: skip

    def _authorize(self, query: dict[str, str]) -> Any:
        right = query.get("client_id") == CLIENT and query.get("response_type") == "code"
        if not right or query.get("code_challenge_method") != "S256" or "openid" not in query.get("scope", ""):
            return 400, {"error": "invalid_request"}, {}
        code = token_urlsafe(16)
        self._codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.url}
        return 302, {}, {"location": f"{query['redirect_uri']}?{urlencode(back)}"}

    def _token(self, auth: str, form: dict[str, str]) -> Any:
        user, _, password = b64decode(auth.removeprefix("Basic ")).decode().partition(":")
        if (unquote_plus(user), unquote_plus(password)) != (CLIENT, SECRET):
            return self._refuse(401, "invalid_client")
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            return self._refuse(400, "invalid_grant")
        if unpadded(hashlib.sha256(form.get("code_verifier", "").encode()).digest()) != asked["code_challenge"]:
            return self._refuse(400, "invalid_grant")
        access, now = token_urlsafe(16), int(time())
        claims = {
            "iss": self.url, "sub": "0001", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"],
            "at_hash": unpadded(hashlib.sha256(access.encode()).digest()[:16]), **self.person,
        }  # fmt: skip
        token = self.bend(self, claims) if self.bend is not None else self.sign(claims)
        body = {"access_token": access, "token_type": "Bearer", "expires_in": 300}
        return 200, body | ({"id_token": token} if token is not None else {}), {}

    def _refuse(self, status: int, error: str) -> Any:
        self.refused.append(error)
        return status, {"error": error}, {}


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """A provider that listens, until the block ends."""
    made = IdentityProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            self._answer({name: values[-1] for name, values in parse_qs(body).items()})

        def _answer(self, form: dict[str, str]) -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            auth = self.headers.get("authorization", "")
            status, body, headers = made.answer(self.command, parts.path, query, auth, form)
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            try:
                self.send_response(status)
                for name, value in {"content-length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                pass  # whoever asked has given up

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
