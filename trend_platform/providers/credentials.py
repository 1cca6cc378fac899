"""Credentials of a provider: what each adds to a request, and what may be told of it: a fingerprint, and never the key.

Several of one provider take turns; whose turn it is, the limiter decides.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx
from pydantic import SecretStr


@dataclass(frozen=True)
class Credential:
    """What one credential adds to a request; without anything, requests are anonymous.

    Attributes:
        headers: Headers whose values are secret.
        params: The same in the query, for providers that take a key nowhere else.
    """

    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    params: Mapping[str, SecretStr] = field(default_factory=dict)

    @property
    def secrets(self) -> list[SecretStr]:
        """Return all that must not be told."""
        return [*self.headers.values(), *self.params.values()]

    def header_values(self) -> dict[str, str]:
        """Return the headers as they are sent."""
        return {name: secret.get_secret_value() for name, secret in self.headers.items()}

    def on(self, url: httpx.URL) -> httpx.URL:
        """Return the address with the key in its query, where it belongs there; it lives in this one object only."""
        if not self.params:
            return url
        return url.copy_merge_params({name: secret.get_secret_value() for name, secret in self.params.items()})

    def fingerprint(self, base_url: str) -> str:
        """Return what tells this credential from others at `base_url`; no key can be read from it."""
        values = sorted(secret.get_secret_value() for secret in self.secrets)
        return hashlib.sha256("\n".join([base_url, *values]).encode()).hexdigest()[:16]


def spares(first: Credential, keys: Sequence[str]) -> list[Credential]:
    """Return one credential for each of `keys` but the first, made as `first` was from `keys[0]`."""
    if not keys or not keys[0]:
        return []

    def with_key(secrets: Mapping[str, SecretStr], key: str) -> dict[str, SecretStr]:
        return {name: SecretStr(secret.get_secret_value().replace(keys[0], key)) for name, secret in secrets.items()}

    return [Credential(with_key(first.headers, key), with_key(first.params, key)) for key in keys[1:]]
