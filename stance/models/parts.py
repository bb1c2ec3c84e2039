"""Many articles, part by part: each part is predicted by itself, and known by what went into it.

So a part that is there needs no second look, whoever made it and wherever: another process, or another machine.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from stance.data.sketches import sketch

if TYPE_CHECKING:
    from stance.models.predictor import Article, StancePredictor

LARGEST = 64
"""Articles of a part at most."""
_USUAL = 16
_FAST = 1


class Part(msgspec.Struct, frozen=True):
    """Predictions of some articles.

    `rows` holds, for each article, its rows of the predictions file, the cluster still open; `sketches` (bytes of
    uint32 [articles, PERMUTATIONS]) tell near-duplicates.
    """

    articles: tuple[dict[str, Any], ...]
    rows: tuple[list[dict[str, Any]], ...]
    sketches: bytes


def parted(articles: "Iterable[Article]") -> "Iterator[list[Article]]":
    """`articles` in parts of at most LARGEST, in their order.

    A part ends where an article's id says so, once in 16 times: articles that are put in later change the part that
    they stand in, and leave the others as they were.
    """
    part: list[Article] = []
    for article in articles:
        part.append(article)
        digest = hashlib.sha256(article.document_id.encode("utf-8", "surrogatepass")).digest()
        if len(part) == LARGEST or int.from_bytes(digest[:4], "big") % _USUAL == 0:
            yield part
            part = []
    if part:
        yield part


def part_digest(articles: "Sequence[Article]", identity: str) -> str:
    """What a part is known by: its articles, and the `identity` of all else that shapes its predictions."""
    return hashlib.sha256(identity.encode() + b"\0" + msgspec.msgpack.encode(articles)).hexdigest()[:32]


def predict_part(predictor: "StancePredictor", articles: "Sequence[Article]") -> Part:
    """The predictions of a part; the same articles give the same bits."""
    # Ids of its own, since one document may come with several targets.
    numbered = [msgspec.structs.replace(article, document_id=str(n)) for n, article in enumerate(articles)]
    rows: tuple[list[dict[str, Any]], ...] = tuple([] for _ in articles)
    for row in predictor.rows(numbered):
        number = int(row["document_id"])
        rows[number].append({**row, "document_id": articles[number].document_id})
    sketches = np.stack([sketch(article.text) for article in articles])
    kept = ("document_id", "title", "published", "source", "page", "text")
    shown = tuple({name: getattr(article, name) for name in kept} for article in articles)
    return Part(shown, rows, sketches.tobytes())


def pack(part: Part) -> bytes:
    """A part as bytes, see `unpack`."""
    return zlib.compress(msgspec.msgpack.encode(part), _FAST)


def unpack(content: bytes) -> Part:
    """The part that `pack` was given."""
    return msgspec.msgpack.decode(zlib.decompress(content), type=Part)
