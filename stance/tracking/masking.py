"""Secrets stay out of what is logged: values under telling keys, credentials in URIs, tokens in messages."""

import os
import re
from typing import Any

MASK = "***"
# Whole words of a key: `tokenizer`, `max_tokens` and `monkey` hold no secret.
_SECRET_WORDS = frozenset(
    {"password", "passwd", "pwd", "secret", "key", "apikey", "accesskey", "credential", "credentials"}
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_ASSIGNED = re.compile(
    r"(?i)((?:token|password|passwd|secret|key)[\"']?\s*[=:]\s*[\"']?|authorization:\s*(?:\w+\s+)?|bearer\s+)"
    r"[^\s\"',;&]+"
)
# Shorter values of environment variables are words that would be masked everywhere.
_SHORTEST_SECRET = 8


def is_secret(key: str) -> bool:
    """Whether one word of `key` (`api_key`, `hub.token`, `accessKey`) says that its value is a secret."""
    words = [word.lower() for word in _WORDS.findall(key)]
    # A token of access is named last; `token_budget` counts those of a text.
    return not _SECRET_WORDS.isdisjoint(words) or words[-1:] == ["token"]


def mask(value: Any, key: str = "") -> Any:
    """A copy of `value` (dictionaries and lists included) with secrets replaced by `***`."""
    if isinstance(value, dict):
        # A mapping under a secret key hides its leaves, whatever they are called.
        return {name: mask(inner, key if is_secret(key) else str(name)) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [mask(inner, key) for inner in value]
    if is_secret(key) and value is not None and not isinstance(value, bool) and value != "":
        return MASK
    return _CREDENTIALS.sub(MASK, value) if isinstance(value, str) else value


def mask_text(text: str) -> str:
    """`text` without credentials in URIs, `token=…` pairs, and the values of secret environment variables."""
    for name, value in os.environ.items():
        if is_secret(name) and len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, MASK)
    return _ASSIGNED.sub(lambda found: found[1] + MASK, _CREDENTIALS.sub(MASK, text))
