// What the page says, in English and Arabic. A name in braces is filled in.
const WORDS = {
  title: ["Who stands where", "من يقف أين"],
  subtitle: ["Since when, and who says otherwise in private", "ومنذ متى، ومن يقول غير ذلك خلف الأبواب المغلقة"],
  language: ["العربية", "English"],
  opening: ["Opening the data…", "يجري فتح البيانات…"],
  facts: ["{stories} stories in {articles} articles of {outlets} outlets, {actors} actors", "{stories} خبرًا في {articles} مقالًا من {outlets} وسيلة إعلامية، {actors} فاعلًا"],
  dates: ["{from} to {to}", "من {from} إلى {to}"],
  model: ["read by {model}", "قرأها {model}"],
  abstainedFacts: ["{n} rows on which the model abstained are counted nowhere but in their column", "{n} صفًّا امتنع النموذج عن الحكم فيها لا تُحسب إلا في عمودها"],
  correctedNote: ["Shares of actors and outlets with {enough} stories or more are corrected for the classifier's known mistakes ({n} judgements out of fold). All other shares are uncorrected.", "نِسب الفاعلين والوسائل ذات {enough} خبرًا فأكثر مصحَّحة وفق أخطاء المصنِّف المعروفة ({n} حكمًا خارج التدريب)، وما عداها غير مصحَّح."],
  uncorrectedNote: ["All shares are uncorrected: they count what the model answered, its mistakes too.", "جميع النسب غير مصحَّحة: فهي تعدّ إجابات النموذج بأخطائها."],
  weakNote: ["All shares are uncorrected: the classifier's known mistakes are so many that no correction could say anything.", "جميع النسب غير مصحَّحة: أخطاء المصنِّف المعروفة أكثر من أن يفيد معها تصحيح."],
  corrected: ["corrected", "مصحَّحة"], uncorrected: ["uncorrected", "غير مصحَّحة"],
  filters: ["Filters", "المرشِّحات"], actor: ["Actor", "الفاعل"], target: ["Target", "الموضوع"], outlet: ["Outlet", "الوسيلة"],
  channel: ["Channel", "القناة"], from: ["From", "من"], to: ["To", "إلى"], all: ["all", "الكل"], reset: ["Reset", "مسح"],
  public: ["public", "علنًا"], private: ["private", "سرًّا"], action: ["by deed", "فعلًا"],
  actorsTitle: ["Actors by stance", "الفاعلون بحسب موقفهم"],
  actorsText: ["Shares of stories that show a stance; the thin lines are 95 % intervals. A story is counted once, however many outlets print it. Click a colour for its sentences.", "النسب من الأخبار التي تُظهر موقفًا، والخطوط الدقيقة مجالات ثقة 95٪. يُحسب الخبر مرة واحدة مهما كثر ناشروه. انقر لونًا لترى جُمَله."],
  timelineTitle: ["Since when: each actor's timeline", "منذ متى: خط كل فاعل الزمني"],
  timelineText: ["Share on either side by {span}, with 95 % intervals (uncorrected). Larger points are of more stories; click one for its sentences.", "نسبة كل جانب بحسب {span} مع مجالات ثقة 95٪ (غير مصحَّحة). النقطة الأكبر لأخبار أكثر، انقرها لترى جُمَلها."],
  month: ["month", "الشهر"], quarter: ["quarter", "ربع السنة"],
  channelsTitle: ["In public, in private, by deed", "علنًا وسرًّا وفعلًا"],
  channelsText: ["Who says otherwise in private comes first: most public stories on one side and most private ones on the other, or both told in one article. Numbers are stories (uncorrected).", "يتقدّم من يقول سرًّا غير ما يقوله علنًا: أغلب أخباره العلنية في جانب وأغلب السرّية في الآخر، أو اجتمعا في مقال واحد. الأرقام أخبار (غير مصحَّحة)."],
  differs: ["says otherwise in private", "يقول غير ذلك سرًّا"], inOne: ["{n} stories with both", "{n} أخبار تجمعهما"],
  changesTitle: ["Changes of side", "تبدّل المواقف"],
  changesText: ["A month parts an actor's stories into {fewest} or more on either side whose majorities differ, by Fisher's exact test times all {looks} months that could be looked at: p < 0.05. One story never makes a change.", "شهر يفصل أخبار الفاعل إلى {fewest} أو أكثر في كل جانب، تختلف أغلبيتاهما باختبار فيشر مضروبًا في جميع الأشهر الممكن فحصها ({looks}): p < 0.05. لا يصنع خبر واحد تبدّلًا أبدًا."],
  since: ["since {month}", "منذ {month}"], before: ["before", "قبل"], after: ["after", "بعد"], p: ["p = {p}, adjusted", "p = {p} بعد التصحيح"],
  nearest: ["The stories nearest to the change", "الأخبار الأقرب إلى التبدّل"],
  contestedTitle: ["Contested actors", "فاعلون مختلَف فيهم"],
  contestedText: ["Stories of one quarter and target show them on both sides: the share on the smaller side, with its interval (uncorrected). A change of side is no contest.", "تُظهرهم أخبار الربع الواحد والموضوع الواحد في الجانبين: نسبة الجانب الأصغر مع مجالها (غير مصحَّحة). وتبدّل الموقف ليس خلافًا."],
  outletsTitle: ["Outlets compared", "مقارنة الوسائل"],
  outletsText: ["What each prints, and how far it leans: how much more often it shows the same actors as {pole}, on the same targets, than all others do.", "ما تنشره كل وسيلة، ومدى ميلها: كم تُظهر الفاعلين أنفسهم «{pole}» في الموضوعات نفسها أكثر من سواها."],
  lean: ["leans", "ميلها"],
  networkTitle: ["Who stands with whom", "من يقف مع من"],
  networkText: ["Joined where on the same side of the same target ({least} stories or more each); dashed red, where opposed and you point at one. Closer means more agreement. Click an actor for its sentences.", "يتصل من هم في الجانب نفسه من الموضوع نفسه ({least} أخبار أو أكثر لكل منهم)؛ والخط الأحمر المتقطع لمن يعارضهم عند الإشارة إلى أحدهم. القرب يعني اتفاقًا أكثر. انقر فاعلًا لترى جُمَله."],
  storiesCount: ["{n} stories", "{n} خبرًا"], articlesCount: ["{n} articles", "{n} مقالًا"], abstained: ["{n} abstained", "امتناع: {n}"], silent: ["{n} without stance", "بلا موقف: {n}"],
  more: ["Show all {n}", "إظهار الكل ({n})"], moreStories: ["More", "المزيد"], nothing: ["Nothing found.", "لا شيء."],
  close: ["Close", "إغلاق"], copies: ["printed {n} times: {outlets}", "نُشر {n} مرات: {outlets}"], undated: ["no date", "بلا تاريخ"],
  inArticle: ["in the article", "في المقال"], openArticle: ["Open the article", "افتح المقال"],
  noSentence: ["The model marked no sentence.", "لم يحدد النموذج جملة."],
  noText: ["The text is not in this file: the report was made without --documents.", "النص ليس في هذا الملف: أُعد التقرير دون ‎--documents."],
  page: ["page", "الصفحة"],
};
const STANCES = {
  favor: ["favor", "مع البقاء"], against: ["against", "مع الخروج"], ambivalent: ["ambivalent", "متأرجح"], none: ["no stance", "بلا موقف"],
};
let language = (navigator.language || "").startsWith("ar") ? 1 : 0;

function say(key, values = {}) {
  return WORDS[key][language].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

const stanceName = (stance) => (STANCES[meta.classes[stance]] || [meta.classes[stance], meta.classes[stance]])[language];
// Dates run from left to right in an Arabic line too.
const isolated = (text) => `\u2066${text}\u2069`;
const nameOf = (entry) => (language ? entry.ar || entry.en : entry.en || entry.ar) || entry.id;
const actorName = (actor) => nameOf(meta.actors[actor]);
const targetName = (target) => nameOf(meta.targets[target]);
const percent = (share) => (Number.isNaN(share) ? "–" : `${Math.round(share * 100)}%`);
const grouping = new Intl.NumberFormat("en");
const number = (n) => grouping.format(n);
