"""Words by which the lines of an Arabic news page are told apart, all folded."""

import re
from functools import lru_cache

from stance.text.markers import fold

# Words that say nothing of what a text is about.
COMMON = frozenset(
    fold(
        "من الى على في عن ان التي الذي الذين هذا هذه ذلك تلك كما قد لم لن لا ما هو هي او ثم بعد قبل بين كان "
        "كانت يكون وقد اي كل حتى عند مع غير لكن بل اذا منذ خلال قال قالت واضاف اكد اكدت بن ابن ابو عبد"
    ).split()
)
# Words whose first letter is the root's, and no "and".
ROOTED = frozenset(
    fold(
        "وزير وزيرة وزراء وزارة وزارتا وزارات وكالة وكالات وكيل وفد وفود واشنطن وسط وساطة وسيط وسائل وصل وصلت "
        "وصول وقع وقعت وقوع وجه وجهت وجهاء وجهة وجود وجوه وجد وجدت وفاة وفيات وحدة وحدات وثيقة وثائق وول ولي "
        "والي ولاية ولايات ولادة وافق وافقت وعد وعدت وعود ودع ودعت وداع وصف وصفت وضع وضعت وضعية واصل واصلت "
        "واجه واجهت وزع وزعت وقف وقفت وقفة وقود وقائع وباء ورقة ورشة وطن وطني وطنية واقعة واقع واحد واحدة "
        "واحة وادي واسط وجبة وجيه وديع وليد وائل وردة وزن وعي وفق وفقا وقت وكر والد والدة وهران واضح واسع "
        "واسعة وثق وثقت وثبة ورطة ورث وريث وصلك وصلكم وصلتك وصلنا وصلتنا"
    ).split()
)
# Words that open a paragraph which another one came before.
GOING_ON = frozenset(
    fold(
        "كما يذكر يشار جدير الجدير يأتي تأتي ياتي تاتي لكن ولكن فيما بينما ثم كذلك أيضا بدوره بدورها بدورهم "
        "لذلك لذا هكذا غير إلا أما بيد علما حيث إذ تجدر يجدر بالمقابل بالتزامن بالتوازي ومن فإن فقد"
    ).split()
)
# The same, in several words.
TURNS = tuple(
    fold(turn)
    for turn in (
        "من جهته", "من جهتها", "من جهة", "من جانبه", "من جانبها", "من جانب", "من ناحيته", "من ناحية", "من ناحيتها",
        "في المقابل", "في الأثناء", "في غضون ذلك", "في السياق", "في سياق متصل", "إلى ذلك", "على صعيد", "على الجانب",
        "على الرغم", "بحسب المصدر", "في هذا السياق", "في هذه الأثناء", "في الوقت نفسه", "في الوقت ذاته", "وفي",
    )
)  # fmt: skip
# What titles end with in brackets: "(video)", "(document)".
EXTRAS = frozenset(
    fold(
        "فيديو صور صورة وثيقة وثائق شاهد خاص تفاصيل تحديث مباشر بالصور بالفيديو انفوغراف إنفوغرافيك video نص النص "
        "مقابلة حوار مقال رأي تحليل تقرير الجزء الحلقة"
    ).split()
)
# Verbs that news opens with.
REPORTS = frozenset(
    fold(
        "قال قالت أعلن أعلنت كشف كشفت أكد أكدت أفاد أفادت ذكر ذكرت نفى نفت دعا دعت طالب طالبت أعرب أعربت شدد "
        "شددت بحث بحثت استقبل استقبلت وصل وصلت عقد عقدت شهد شهدت حذر حذرت اتهم اتهمت رفض رفضت أبدى أبدت اعتبر "
        "اعتبرت قتل قتلت أصيب انتقد انتقدت وافق وافقت أقر أقرت صوت صوتت أجرى أجرت بدأ بدأت توعد توعدت هدد "
        "هددت طلب طلبت تعهد تعهدت أدان أدانت ندد نددت رحب رحبت أوضح أوضحت نقل نقلت نشر نشرت أصدر أصدرت قرر "
        "قررت يعتزم تعتزم تستعد يستعد تشهد يشهد تواجه يواجه توصلت توصل انطلقت انطلق اختتم اختتمت غادر غادرت "
        "التقى التقت ناقش ناقشت استهدف استهدفت تعرض تعرضت انسحب انسحبت رجح رجحت توقع توقعت أثار أثارت عاد "
        "عادت تتجه يتجه تسعى يسعى ترأس زار زارت"
    ).split()
)
# Words of which one is in the name of most outlets.
OUTLETS = frozenset(
    fold(
        "وكالة وكالات قناة صحيفة جريدة موقع شبكة نيوز تلفزيون راديو إذاعة مجلة بوابة برس منصة أخبار الأخبار "
        "للأنباء الإخبارية الإخباري الإلكترونية سكاي روسيا news press agency tv channel أونلاين اونلاين اليوم "
        "الآن"
    ).split()
)
# Outlets of the Arab press whose names have none of them, and are hardly anything else on a line of their own.
PAPERS = frozenset(
    fold(name)
    for name in (
        "الجزيرة", "الجزيرة نت", "الجزيرة مباشر", "العربي الجديد", "القدس العربي", "الميادين", "إيلاف", "عربي21",
        "المصري اليوم", "اليوم السابع", "الأهرام", "عمون", "خبرني", "المسلة", "السومرية", "كتابات", "شفق", "رووداو",
        "كردستان 24", "الغد برس", "بغداد اليوم", "يس عراق", "الشرقية", "عنب بلدي", "زمان الوصل", "الوطن السورية",
        "نون بوست", "ساسة بوست", "رصيف22", "ميدل إيست آي", "ميدل إيست أونلاين", "عكاظ", "القبس", "الأناضول", "ترك برس",
        "سبوتنيك",
    )
)  # fmt: skip
# Words that the names of outlets begin with.
OUTLET_KINDS = frozenset(fold("وكالة قناة صحيفة جريدة مجلة موقع شبكة إذاعة تلفزيون منصة بوابة").split())
# What stands for a source and names none.
GENERIC = frozenset(
    fold(
        "وكالات متابعة متابعات خاص مواقع صحف ووكالات وسائل إعلام agencies مواقع إلكترونية رصد ترجمة "
        "مراسلونا مراسلنا مراسل مراسلون مصادر مطلعة"
    ).split()
)
# Words of which no place, day or agency is made.
OF_SENTENCES = frozenset(
    fold(
        "قال قالت أعلن أعلنت أكد أكدت في من على إلى عن أن إن التي الذي هذا هذه مع بعد قبل كان كانت ما هل لا س ج"
    ).split()
)

_PREFIX = re.compile(r"^(?:[وف]?(?:ال|[بك]ال|لل)|[وفبل](?=\w{4}))(?=\w{3})")
_SUFFIX = re.compile(r"(?<=\w{3})(?:هما|ها|هم|ات|ون|ين|ان|يه|ه|ي|ا)$")
_WORD = re.compile(r"\w+")
_WEAK = re.compile("[اويت]")
_PLURAL = re.compile("(?:ون|ين|ات)$")


def skeleton(word: str) -> str:
    """The letters of a folded word that its forms share: a headline's "rises" and the lead's "rose" have the same."""
    return _WEAK.sub("", _PLURAL.sub("", word))


@lru_cache(100_000)
def _stem(word: str) -> str:
    """A word without what is joined to it; nothing for a word that says nothing."""
    if len(word) <= 2 or word in COMMON:
        return ""
    return _SUFFIX.sub("", _PREFIX.sub("", word))


def content(text: str) -> frozenset[str]:
    """The stems of the words of a folded text that say what it is about."""
    return frozenset(map(_stem, _WORD.findall(text))) - {""}


def shared(title: frozenset[str], text: frozenset[str]) -> float:
    """The share of a title's content words that a text has (0 for a title without any)."""
    return len(title & text) / len(title) if title else 0.0
