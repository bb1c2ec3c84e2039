from hypothesis import given
from hypothesis import strategies as st

from stance.models.parts import LARGEST, Part, pack, part_digest, parted, unpack
from stance.models.predictor import Article

ARTICLES = [Article(f"article-{number}", f"نص {number}") for number in range(600)]


@given(st.integers(0, 600))
def test_parts_hold_every_article_once_and_in_order(count):
    parts = list(parted(ARTICLES[:count]))
    assert [article for part in parts for article in part] == ARTICLES[:count]
    assert all(1 <= len(part) <= LARGEST for part in parts)


@given(st.integers(0, 599))
def test_an_article_put_in_leaves_most_parts_as_they_were(place):
    whole = {part_digest(part, "m") for part in parted(ARTICLES)}
    without = {part_digest(part, "m") for part in parted([*ARTICLES[:place], *ARTICLES[place + 1 :]])}
    assert whole - without
    assert len(without - whole) <= 4 < len(whole) / 2


def test_a_part_is_known_by_its_articles_and_by_what_predicts_them():
    (one, other), (changed, _) = ARTICLES[:2], (Article("article-0", "نص آخر"), None)
    known = part_digest([one, other], "m")
    assert known == part_digest([one, other], "m")
    assert (
        len({known, part_digest([one, other], "n"), part_digest([other, one], "m"), part_digest([changed], "m")}) == 4
    )


def test_a_part_comes_back_as_it_was_packed():
    row = {"document_id": "1", "p_favor": 0.1 + 0.2, "mentions": [[0, 3]], "evidence": [{"p": 0.5}], "title": None}
    part = Part(({"document_id": "1", "text": "نص"}, {"document_id": "2", "text": "ن"}), ([row], []), b"\0\1")
    assert unpack(pack(part)) == part
