"""What a site says of itself: whose opinions these are, who may print them again, where more can be read.

No two sites word it alike, and all use the same few words; a sentence of the news has two or three of them at most. Of
3,042 scraped articles, the lines found this way were looked through: nearly all were notices.
"""

import re
from itertools import product

from stance.text.markers import fold
from stance.text.page_words import GOING_ON

_STEMS = fold(
    "كاتب كاتبه كاتبها كتابها صاحبه صاحبها أصحابها وكالة قناة موقع موقعنا صحيفة جريدة مجلة شبكة إدارة تحرير هيئة محرر "
    "محررنا رأي آراء وجهة نظر يعبر تعبر بالضرورة تتحمل يتحمل نتحمل مسؤولية مسؤول مسؤولة محفوظة محمية حقوق نشر نشرها "
    "نشره ينشر تنشر إعادة اقتباس نسخ نقل نقله نقلها نقلا إذن خطي تصريح مسبق مصدر مصدره مصدرها أصلي أصلية خبر مقال "
    "مقالات مادة مواد محتوى منشورة منشور تفاصيل سطور تالية تالي نقدم لكم متابعينا متابعي قراءنا قرائنا قارئ زوارنا "
    "زوار عزيزي أعزائي نترككم ننوه تنويه يمكنكم يمكنك متابعة متابعته متابعتها متابعتنا تابعونا رابط هنا صفحة صفحتنا "
    "اشتراك مشتركين مشتركي نشرة نصه تعليق تعليقات تعليقك معلن إعلان إعلانات بريد إلكتروني إلكترونية تطبيق حسابنا "
    "حساباتنا اضغط انقر يرجى رجاء نرجو نأمل وفقنا موافاتكم شكرا نص ذكر جميع كافة كما ورد وردت يحظر يمنع يسمح دون"
).split()
_PREFIXES = ("", "ال", "و", "وال", "ب", "بال", "ل", "لل", "ف", "فال", "ول", "ولل", "وب", "وبال", "ولا")
_FORMS = {prefix + stem: stem for prefix, stem in product(_PREFIXES, _STEMS)}
_STRONG = frozenset(
    fold(
        "كاتبه كاتبها كتابها صاحبه صاحبها أصحابها بالضرورة تتحمل يتحمل محفوظة محمية متابعينا قرائنا زوارنا نترككم ننوه"
    ).split()
)
_WORD = re.compile(r"\w+")
_SIZES = range(8, 61)
_LEAST, _LEAST_GOING_ON, _SHARE = 4, 6, 0.25


def is_notice(folded: str) -> bool:
    """Whether a quarter of a folded line's words, and three or four different ones, are those of such notices."""
    if folded.count(" ") + 1 not in _SIZES or len(_FORMS.keys() & folded.split()) < _LEAST - 2:
        return False
    words = _WORD.findall(folded)
    said = [_FORMS[word] for word in words if word in _FORMS]
    different = set(said)
    goes_on = words[0][0] == "و" or words[0] in GOING_ON
    least = _LEAST_GOING_ON if goes_on else _LEAST - 1 if different & _STRONG else _LEAST
    return len(different) >= least and len(said) >= _SHARE * len(words)
