from stance.evaluation.page_matching import Cut, Passage, judge_cut, match_passages

FIRST = "قالت الحكومة إن القوات باقية في البلاد حتى نهاية العام المقبل"
SECOND = "ورفض الحزب بقاء القوات الأجنبية في القواعد القريبة من السوق القديم"


def test_documents_are_found_on_their_own_page_by_their_words() -> None:
    found = [Passage("pages/b.txt", FIRST), Passage("pages/a.txt", SECOND), Passage("pages/a.txt", f"{FIRST} غدا")]
    # The same story stands on two pages: gold's page decides, by its whole path or its name alone.
    assert match_passages([Passage("a.txt", FIRST), Passage("pages/b.txt", FIRST)], found) == [2, 0]
    # A page of another name, or of none, says nothing.
    assert match_passages([Passage("d7", SECOND), Passage(None, FIRST)], found) == [1, 0]


def test_an_article_is_one_document_and_what_shares_no_five_words_is_none() -> None:
    found = [Passage("a.txt", FIRST)]
    assert match_passages([Passage("a.txt", f"{FIRST} وأكثر"), Passage("a.txt", FIRST)], found) == [None, 0]
    assert match_passages([Passage("a.txt", SECOND)], found) == [None]


def test_boundaries_are_right_to_a_twentieth_of_the_words() -> None:
    words = [f"كلمة{number}" for number in range(95)]
    text = " ".join(words)
    more = [f"زائد{number}" for number in range(6)]
    assert judge_cut(Passage(None, text), Passage(None, " ".join(words + more[:5]))).boundaries
    assert not judge_cut(Passage(None, text), Passage(None, " ".join(words + more))).boundaries
    assert not judge_cut(Passage(None, " ".join(words + more)), Passage(None, text)).boundaries
    assert judge_cut(Passage(None, text), Passage(None, "\n\n".join(words))).boundaries


def test_title_and_date_count_where_gold_has_them() -> None:
    gold = Passage(None, FIRST, "عنوان  الخبر", "2 أيار 2031")
    assert judge_cut(gold, Passage(None, FIRST, "عنوان الخبر", "2031-05-02")) == Cut(True, True, True)
    wrong = judge_cut(gold, Passage(None, FIRST, None, "2031-05-03"))
    assert wrong == Cut(True, False, False)
    assert not wrong.whole
    bare = judge_cut(Passage(None, FIRST), Passage(None, FIRST, "عنوان", "2031-05-02"))
    assert bare == Cut(True, None, None)
    assert bare.whole
    assert not Cut(False, True, True).whole
