"""Arabic words that tell what a name does in its sentence, folded as `stance.text.folding` does."""

from stance.text.folding import Folded, fold


def _words(listed: str) -> frozenset[str]:
    return frozenset(Folded(listed).text.split())


def _pairs(listed: str) -> tuple[tuple[str, str], ...]:
    words = Folded(listed).text.split()
    return tuple(zip(words[::2], words[1::2], strict=True))


def _third_persons(pairs: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """Masculine and feminine singular of verbs given as (perfect, imperfect)."""
    perfect = {form for past, _ in pairs for form in (past, _feminine(past))}
    return frozenset(perfect | {form for _, now in pairs for form in (now, "ت" + now[1:])})


def _feminine(past: str) -> str:
    return (past[:-1] if past[-1] in "يا" and len(past) > 2 else past) + "ت"


BODIES = frozenset(
    fold(
        "حكومة وزارة مجلس برلمان لجنة حزب حركة كتلة تيار هيئة جبهة تنظيم اتحاد جماعة تحالف حلف ائتلاف منظمة رابطة "
        "كتائب ألوية فصائل فصيل ميليشيا عصائب حشد جيش حرس قيادة بعثة إدارة رئاسة مملكة سلطة سفارة إطار "
        "ديوان مكتب جمعية نقابة معارضة محكمة وكالة خارجية إقليم نظام"
    ).split()
)
"""First words of names of bodies: with the article they stand for the body named before."""

NAMED_THINGS = frozenset(fold("قوات فيلق لواء سرايا مليشيا قناة صحيفة موقع شبكة منصة جريدة مجلة إذاعة").split())
"""Other words before a name between quotation marks."""

FORCES = frozenset(fold("قوات القوات جيش الجيش طيران الطيران طائرات جنود الجنود قطعات").split())
"""First words of names of troops."""

TITLES = frozenset(fold("وزير وزيرة سفير سفيرة مبعوث مبعوثة مندوب مرشد أمير ملك مستشار").split())
"""First words of offices that stand alone with the article."""

HEADS = BODIES | TITLES | frozenset(fold("رئيس رئيسة زعيم زعيمة قائد أمين نائب").split())
"""First words of names that are shortened to a definite form, no person's name."""

PRESIDENCIES = frozenset(fold("الجمهورية الدولة الإقليم").split())
"""Of what a president is president who is later called "the president" alone."""

NATIONAL = frozenset(fold("الحكومة البرلمان النظام").split())
"""Bodies of which a state has one."""

GIVEN_NAMES = frozenset(
    fold(
        "محمد أحمد محمود علي حسن حسين عباس عمر عثمان خالد سعد سعيد سالم سليم سليمان صالح صلاح صادق طارق طاهر طه عادل "
        "عامر عبدالله عدنان عزيز عصام علاء عماد غسان فؤاد فارس فاضل فائق فراس فلاح فهد فيصل قاسم قيس كاظم كامل كريم "
        "كمال ليث ماجد مازن مالك مثنى محسن مراد مصطفى مظهر مهدي موسى ناجي ناصر نبيل نجم نزار نوري نوفل هادي هاشم "
        "هشام هيثم وائل وليد ياسر ياسين يحيى يوسف يونس إبراهيم إسماعيل أسامة أسعد أشرف أكرم أمجد أمير أنس أنور إياد "
        "أيمن أيوب باسم بدر برهم بشار بلال بهاء ثامر جابر جاسم جعفر جلال جمال جميل جواد حاتم حازم حامد حبيب حمد حمزة "
        "حميد حيدر خضير خليل داود رائد راشد رافد رامي رعد رياض زكي زياد زيد زين ساجد سامي ستار سرمد شاكر شهاب ضياء "
        "ضرغام عارف عباد عبود عقيل عمار عيسى غازي غالب فرهاد قصي لؤي مؤيد منذر منصور مهند ميثم نادر ناظم نصر نعيم همام "
        "هوشيار يزن يعرب آراس بافل دلشاد ريبوار سردار شيروان فرحان كاوه مسرور مسعود نيجيرفان هوار "
        "مريم فاطمة زينب ليلى سعاد هدى سلوى ريم نادية آلاء عالية أمل منى هناء شذى"
    ).split()
)
"""Given names: a surname right behind another's is another's."""

COURTESY = _words(
    "السيد السيدة الشيخ الدكتور الدكتورة الحاج الأستاذ المهندس القاضي الزعيم المرجع الأخ الراحل الجنرال اللواء الفريق "
    "العميد العقيد الرائد الكولونيل المشير الملا القيادي النائب السفير السفيرة الوزير الوزيرة الرئيس"
)
"""Titles after which an adjective-like surname is a surname still."""

TIMES = _words(
    "اليوم أمس الأحد الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الآن الماضي المقبل الجاري الحالي الليلة "
    "مساء صباح أيضا أيضاً بدوره بدورها الثاني الأول كذلك"
)
"""Words of time and order that may stand between a verb and its subject."""

FORMER = _words("السابق السابقة الأسبق الراحل الراحلة المكلف المكلفة المقبل المقبلة القادم المنتخب المخلوع المستقيل")
"""Behind an office: not who holds it on the day."""

DEPUTIES = _words(
    "نائب نائبة نواب مساعد مساعدة وكيل وكيلة معاون مستشار مستشارة مستشارو مستشاري مبعوث مبعوثة موفد موفدة ممثل ممثلة"
)
"""Before an office: somebody whose words count to the office's body."""

SAYING = _third_persons(
    _pairs(
        "قال يقول أعلن يعلن أكد يؤكد أوضح يوضح نفى ينفي ذكر يذكر أفاد يفيد كشف يكشف اتهم يتهم حذر يحذر هدد يهدد "
        "توعد يتوعد رفض يرفض طالب يطالب أدان يدين أضاف يضيف شدد يشدد دعا يدعو رأى يرى اعتبر يعتبر تبنى يتبنى رد يرد "
        "زعم يزعم أشار يشير صرح يصرح تعهد يتعهد اعترف يعترف أقر يقر وصف يصف انتقد ينتقد رحب يرحب جدد يجدد لفت يلفت "
        "استنكر يستنكر ندد يندد أبلغ يبلغ ناشد يناشد طلب يطلب أعرب يعرب أبدى يبدي"
    )
)
"""What spokesmen do."""

DEEDS = _third_persons(
    _pairs(
        "شن يشن نفذ ينفذ اعتقل يعتقل أطلق يطلق اغتال يغتال أسقط يسقط صد يصد استعاد يستعيد سيطر يسيطر قتل يقتل أحبط "
        "يحبط واصل يواصل نشر ينشر أرسل يرسل كثف يكثف عزز يعزز"
    )
) - {"يسقط", "تسقط"} | {"وشن"}
"""What forces do, beside coming, staying and going; "and" is only split off longer words."""

PLACE_VERBS = _third_persons(
    _pairs(
        "وصل يصل غادر يغادر زار يزور دخل يدخل شهد يشهد عاش يعيش هز يهز سكن يسكن بلغ يبلغ جاب يجوب عم يعم سقط يسقط "
        "ربط يربط فصل يفصل ترك يترك ضم يضم سمى يسمى"
    )
) - {"تدخل"} | _words("تقع يقع تبعد يبعد")
"""Verbs beside which a country or city is where something happens."""

STAYING = _third_persons(
    _pairs(
        "انسحب ينسحب خرج يخرج رحل يرحل غادر يغادر بقي يبقى ظل يظل مكث يمكث تمركز يتمركز انتشر ينتشر عاد يعود تواجد "
        "يتواجد وجد يوجد كان يكون تعرض يتعرض تراجع يتراجع انتقل ينتقل استقر يستقر بدأ يبدأ استكمل يستكمل أكمل يكمل "
        "أنهى ينهي استمر يستمر زال يزال عد يعد شكل يشكل مثل يمثل احتاج يحتاج أصيب يصاب بات يبيت أصبح يصبح صار يصير "
        "تألف يتألف تكون يتكون خضع يخضع استعد يستعد عمل يعمل امتلك يمتلك ملك يملك تجاوز يتجاوز تحول يتحول قدر يقدر"
    )
) | _words("ليس ليست مازال مازالت لازال لازالت بدأت")
"""What forces do that is no deed: they come, stay and go, they are many or few, and things happen to them."""

ATTACKS = _third_persons(
    _pairs(
        "قصف يقصف ضرب يضرب استهدف يستهدف هاجم يهاجم اجتاح يجتاح احتل يحتل غزا يغزو طوق يطوق حاصر يحاصر "
        "حرر يحرر دمر يدمر"
    )
)
"""Verbs behind which a country or city is who does it, or whom it is done to."""

MASCULINE_PERFECT = _words(
    "اعترض وافق صادق قرر اتفق بدأ واصل استأنف كرر حث التزم امتنع أيد عارض سحب أرسل نشر قدم عرض منح أغلق علق لجأ تراجع "
    "تمسك أصر سعى حاول استدعى طرد وجه تسلم استقبل استضاف شارك انسحب توصل أطلق شن نفذ خسر ربح فاز استبعد توقع نصح اقترح "
    "دعم مول درب عزز كثف خفض منع حظر سمح ألغى مدد أنهى جمد فرض رفع حسم أدرك عاد كان ظل بات أصبح أضحى صار ليس زال مازال "
    "مضى استمر أجرى نظم احتج استغرب استبق تلقى انضم لوح ألمح تحفظ تجاهل تجنب حمل خاض أبقى أقنع أجبر دفع جعل اختار اتخذ "
    "أوقف أرجأ أجل وقف يعد بدأت لجأت أنشأت نشأت فاجأت"
)
"""Verbs that no ending tells from a noun."""

NO_VERBS = _words(
    "تواجد تعاون تبادل "
    "تحت تجاه تلك تماما تبعا تاريخ تراب تجار تلال تمر تين تل تركيا تونس تموز تشرين تايوان تكريت تلعفر تلفزيون تنظيم "
    "تيار تكتل تراث توقيت تقاليد تضاريس تعداد تكنولوجيا تلو تقرير تصريح تصريحات "
    "بيوت زيوت توت قنوت "
    "يوم يوما يوميا يومي يناير يونيو يوليو يسار يسارا يمين يمينا يونان يورو يابان يهود يد يدا يمن "
    "بيت وقت صوت بنت أخت سبت موت زيت قوت صمت تصويت تفاوت سكوت ثبوت تابوت ياقوت كبريت انترنت بيروت كويت حوت ست فوت "
    "حضرموت نت يخت ميت مبيت كوت ميقات إنترنت"
)
"""Words shaped like verbs."""

AUXILIARIES = _words("لا لم لن ما قد لقد سوف هي هو لا التي الذي")
"""What may stand between a subject and its verb."""

ALLIES = _words("وحلفاؤه وحلفاءه وحلفائه وحلفاؤها وحلفاءها وحلفائها")
"""Behind a subject, with whom it does what follows."""

WERE = _words("كان كانت")
"""Before a subject whose verb follows it."""

VOICES = _words("قيادة بيان باسم أركان إعلان تأكيد نفي بيانات تصريحات اتهام تحذير رد عزم")
"""Nouns before a force whose words they are."""

CONJUNCTIONS = _words(
    "أن إن أنه بأن لأن لكن بينما فيما حيث إذ كما أما حين حينما عندما بعدما قبلما إذا لو لولا هل متى مما ثم أو كي "
    "حتى طالما كون لماذا كيف بل سيما ريثما كلما منذ و"
)
"""Behind them a clause begins, so that a name may be its subject."""

GOVERNED = _words(
    "موقف مواقف رد ردود قرار قرارات طلب رفض مطالب مطالبة دعوة دعوات سياسة سياسات رغبة نية نيات نوايا إصرار سلطات وفد "
    "مبعوث مبعوثة سفير سفيرة مندوب مندوبة ممثل خارجية دفاع قيادة دبلوماسية انسحاب خروج تدخل تدخلات دعم "
    "صوت لغة تصريحات بيان اتهام اتهامات تهديد تهديدات تحذير تحذيرات ضغوط ضغط مساعي جهود محاولة محاولات التزام موافقة "
    "علاقات علاقة نفوذ أذرع وكلاء خطة خطط استراتيجية مقترح اقتراح مبادرة رسالة رسائل رؤية رأي قلق مخاوف "
    "غضب حملة حملات استرضاء طمأنة داعيا داعية مطالبا مطالبة متهما متهمة محملا محملة محذرا محذرة "
    "ترحيب إدانة استعداد عزم تمسك تراجع اعتراف مشاركة وساطة دور تعهد تعهدات شروط حسابات أولويات رعاية إشراف "
    "لسان اسم إقناع إبلاغ تحميل إعلان تأكيد نفي تصعيد صمت عداء عداوة خلافات خلاف توجه توجهات رهان رهانات "
    "قناعة مناورات مناورة تأييد تنازل تنازلات قدرة حرص سعي باسم مفاوض مفاوضو تنفيذ شن إرسال نشر إبلاغ تمويل فرض توقيع "
    "قبول سحب تقديم طرح استخدام استمرار إقدام لجوء إصدار انضمام اشتراط تورط تخلي احتفاظ اعتزام امتلاك فشل نجاح إخفاق "
    "تلقي مطلب اعتماد استضافة تمديد تجديد"
)
"""Nouns before a country or capital that make a government of it: its position, its reply, its envoy."""

AGENT_MARKS = ("مدعوم", "المدعوم", "طلب", "بطلب", "بدعم", "بضغط", "بضغوط", "بمبادرة", "بموافقة", "بايعاز", "بتمويل")
"""Starts of the word before "from" and a country that make a government of it: backed by, at the request of."""

RELATIONS = _words(
    "خلاف الخلاف خلافات الخلافات توتر التوتر التوترات علاقة العلاقة علاقات العلاقات محادثات المحادثات مفاوضات "
    "المفاوضات اتفاق الاتفاق اتفاقا اتفاقية الاتفاقية تفاهم تفاهما التفاهم تفاهمات حوار الحوار مواجهة المواجهة صراع "
    "الصراع تنسيق التنسيق تعاون التعاون مباحثات المباحثات أزمة الأزمة شراكة الشراكة تحالف "
    "التحالف وساطة الوساطة تقارب التقارب"
)
"""Before "between" and a country: what governments have with one another."""

BORDERS = _words("حدود الحدود حدودها حدوده الحدودي الحدودية حدودي حدودية معبر المعبر معابر المعابر منفذ المنافذ")
"""Before "with" or "between" and a country: the country is a place."""

ROADS = _words("الطريق طريق المسافة مسافة رحلة رحلات الرحلات خط السكة سكة جسر الواقعة تقع يقع متنقلا تنقل")
"""Before "between" and two cities: between places, not governments."""

ASKING = _third_persons(_pairs("طلب يطلب طالب يطالب"))
"""Verbs whose "from" names who is asked."""

STATES = _words(
    "مستعدة مستعد ملتزمة ملتزم ماضية ماض ماضي حريصة حريص مصممة مصمم عازمة عازم قادرة قادر جادة جاد متمسكة متمسك راغبة "
    "راغب مهتمة معنية منزعجة قلقة واثقة مصرة مصر رافضة رافض مؤيدة مؤيد ليست ليس غير"
)
"""Behind a country: what its government is ready or determined to do."""

PARTICLES = (
    CONJUNCTIONS
    | AUXILIARIES
    | _words(
        "في من على عن مع بعد قبل خلال لدى بين حول منذ عبر ضد عند أمام وراء نحو تجاه إزاء حتى دون غير سوى فقط هو هي هذا "
        "هذه ذلك هنا هناك أي كل بعض نفسه نفسها عقب إثر أثناء داخل خارج شخصيا رسميا علنا حاليا سابقا لاحقا مجددا أخيرا "
        "مؤخرا أولا بأنه بأنها بشأن بسبب بشكل بهدف باسم بصفته بصفتها بحسب بناء لكنه لكنها لأنه لأنها لأجل لعدم "
        "كي كذلك فإن فإنه فقد فلم فلا بدوره بدورها بعيد قبيل بحضور بمناسبة برفقة بوصفه لغرض بموجب بحق بدون بدلا"
    )
)
"""What may stand behind a title that no name follows."""

RELATIVES = _words("الذي التي الذين اللذان اللتان اللذين اللتين اللواتي الى إلى")
"""What begins a relative clause."""

EPITHETS = _words(
    "الأعلى الحر الحاكم الحاكمة المشترك المشتركة الموحد الموحدة العام العامة العليا المتحد المتحدة الجديد الجديدة"
)
"""Adjectives that make another body's name of a short one: the ruling party, the supreme council."""

PLACE_PREPOSITIONS = _words("في من إلى داخل خارج قرب عبر نحو باتجاه وسط شمال جنوب شرق غرب شمالي جنوبي شرقي غربي")
"""Before a body and a country joined by "and": both are places."""

POINTERS = _words("فيه فيها به بها له لها عليه عليها منه منها عنه عنها إليه إليها معه معها ضده ضدها")
"""What may stand between a verb and its subject: "in which Baghdad sees"."""

APPOSED = _words("عاصمت حليفت جارت شقيقت صديقت خصمت نظيرت عدوت شريكت حكومت دولت مدينت رئيست زميلت غريمت منافست")
"""Nouns that with "its" look like verbs with an object: "its ally Iran"."""
