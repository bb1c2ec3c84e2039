"""Texts as sparse matrices of n-grams, for models that know words alone. Each matrix is made once for all trainings."""

from collections.abc import Sequence
from functools import cache, cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.data.cache import kept, key_of, sources
from stance.data.cache_files import Arrays
from stance.data.examples import Dataset, Example
from stance.text.sentences import sentence_spans

Span = tuple[int, int]

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.pipeline import FeatureUnion

BUCKETS = 1 << 16
HASHED_PARTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("near", {"ngram_range": (1, 2)}),
    ("near", {"analyzer": "char_wb", "ngram_range": (2, 5)}),
    ("text", {"ngram_range": (1, 2)}),
    ("names", {"analyzer": str.split}),
)


class TfidfFeatures:
    """Vocabulary and weights of a training part: at most `limit` n-grams of words near the actor, of characters near
    it, and of words in the whole text; actor and target as tokens.
    """

    def __init__(self, train: Dataset, limit: int):
        self.train, self.limit = train, limit

    def of_training(self) -> "csr_matrix":
        """The training part itself, [N, F]."""
        return _matrix(kept("tfidf-training", [self._learned_from], lambda: _arrays(self._fitted[1])))

    def of(self, dataset: Dataset) -> "csr_matrix":
        """Any examples, [N, F]."""
        parts = [self._learned_from, _content(dataset)]
        return _matrix(kept("tfidf", parts, lambda: _arrays(self._fitted[0].transform(_rows(dataset)))))

    @cached_property
    def _learned_from(self) -> str:
        return key_of([_origin(), self.limit, _content(self.train)])

    @cached_property
    def _fitted(self) -> "tuple[FeatureUnion, csr_matrix]":
        union = _union(self.limit)
        return union, union.fit_transform(_rows(self.train))


def hashed_counts(dataset: Dataset) -> "csr_matrix":
    """Counts of hashed n-grams, [N, parts × BUCKETS], the parts of HASHED_PARTS side by side."""
    return _matrix(kept("hashed-counts", [_origin(), _content(dataset)], lambda: _arrays(_hashed(_rows(dataset)))))


def example_fields(text: str, sentences: Sequence[Span], example: Example) -> dict[str, str]:
    """What words can tell of an example: the `sentences` that name its actor, the whole text, actor and target."""
    near = [text[a:b] for a, b in sentences if any(s < b and e > a for s, e in example.mentions)]
    names = f"actor={example.actor} target={example.target} both={example.actor}/{example.target}"
    return {"near": " ".join(near) or text, "text": text, "names": names}


def _rows(dataset: Dataset) -> list[dict[str, str]]:
    # The actors of an article share its sentences.
    texts = {one.document_id: dataset.documents[one.document_id].text for one in dataset.examples}
    sentences = {name: sentence_spans(text) for name, text in texts.items()}
    return [
        example_fields(texts[example.document_id], sentences[example.document_id], example)
        for example in dataset.examples
    ]


def _content(dataset: Dataset) -> list[tuple]:
    """All that `example_fields` reads."""
    return [
        (dataset.documents[example.document_id].text, example.actor, example.target, example.mentions)
        for example in dataset.examples
    ]


@cache
def _origin() -> list[str]:
    return [sources(__name__, "stance.text.sentences"), *map(version, ("scikit-learn", "scipy", "numpy"))]


def _hashed(rows: Sequence[dict[str, str]]) -> "csr_matrix":
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import HashingVectorizer

    parts = []
    for name, options in HASHED_PARTS:
        # The actors of an article share its text, and often sentences.
        place = {text: number for number, text in enumerate(dict.fromkeys(row[name] for row in rows))}
        hashing = HashingVectorizer(n_features=BUCKETS, alternate_sign=False, **{"norm": None, **options})
        parts.append(hashing.transform(list(place))[[place[row[name]] for row in rows]])
    return hstack(parts)


def _union(limit: int) -> "FeatureUnion":
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    words = {"ngram_range": (1, 2), "min_df": 2, "sublinear_tf": True, "max_features": limit}
    characters = {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 3, "sublinear_tf": True}
    parts = {
        "near_words": ("near", TfidfVectorizer(**words)),
        "near_characters": ("near", TfidfVectorizer(**characters, max_features=limit)),
        "text_words": ("text", TfidfVectorizer(**words)),
        "names": ("names", TfidfVectorizer(analyzer=str.split, binary=True, use_idf=False)),
    }
    return FeatureUnion(
        [(name, make_pipeline(FunctionTransformer(_field(column)), step)) for name, (column, step) in parts.items()]
    )


def _field(name: str):
    def pick(rows: Sequence[dict[str, str]]) -> list[str]:
        return [row[name] for row in rows]

    return pick


def _arrays(matrix: Any) -> Arrays:
    rows = matrix.tocsr()
    shape = np.array(rows.shape, dtype=np.int64)
    return {"data": rows.data, "indices": rows.indices, "indptr": rows.indptr, "shape": shape}


def _matrix(arrays: Arrays) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    rows, columns = arrays["shape"].tolist()
    return csr_matrix((arrays["data"], arrays["indices"], arrays["indptr"]), shape=(rows, columns))
