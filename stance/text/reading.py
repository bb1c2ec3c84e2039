"""What the names found in a text mean where they stand: which actor, and why."""

import datetime
import re
from bisect import bisect_left

from stance.text.acting import is_verb, word_before, words_after, words_before
from stance.text.folding import Folded
from stance.text.guards import adjoining, goes_on, names_follow
from stance.text.lexicon import GOVERNMENT, MINISTRY, OFFICE, PARLIAMENT, PERSON
from stance.text.mentions import Ambiguous, Found, FoundMention, Hit, Why
from stance.text.patterns import Index, Role
from stance.text.selection import Standing, may_be_surname, standing_names
from stance.text.words import COURTESY, DEPUTIES, FORMER, NATIONAL

_SPOKESPERSON = re.compile(r"(?:متحدث|ناطق)(?:ة|ين|ون|ا)?(?: \w+){0,3} باسم \"?$")
_OF_STATE = (GOVERNMENT, MINISTRY, PARLIAMENT)
_COMMAS = frozenset("،,")
_IN_THE_NAME = ("باسم ", 'باسم "')


class Reading:
    """One text read from its start to its end."""

    def __init__(self, index: Index, folded: Folded, hits: list[Hit], day: datetime.date | None):
        self._index, self._folded, self._text, self._day = index, folded, folded.text, day
        self._hits = hits
        self._alikes: dict[int, set[int]] = {}
        self._begins = {hit.start: hit for hit in reversed(hits)}
        self._ends = {hit.end: hit for hit in hits}
        self._standing = standing_names(index, folded.text, hits)
        self._starts = [name.hit.start for name in self._standing]
        self._countries = {index.countries[owner.entry] for name in self._standing for owner in name.owners}
        counted = {entry for name in self._standing if name.counts for entry in self._owners(name)}
        self._named = {alike for entry in counted for alike in self._alike(entry)}
        self._named |= self._called_by_surname(counted) if day is None else set()
        self._seen: dict[int, int] = {}
        self._ambiguous: list[Ambiguous] = []

    def read(self) -> Found:
        """All mentions, and what could not be told."""
        shorts = [Standing(hit, hit.pattern.owners) for hit in self._hits if self._is_free_short(hit)]
        mentions, taken = [], 0
        for name in sorted([*self._standing, *shorts], key=lambda name: (name.hit.start, -name.hit.end)):
            if name.hit.start < taken or not name.owners or not name.counts:
                continue
            short = name.owners[0].role == Role.SHORT
            entry = self._meant_by_short(name.hit) if short else self._meant(name)
            mention = None if entry is None else self._mention(name, entry)
            if mention:
                mentions.append(mention)
                taken = name.hit.end
        return Found(tuple(mentions), tuple(self._ambiguous))

    def _is_free_short(self, hit: Hit) -> bool:
        """Whether this is a short name outside those that stand by themselves."""
        if hit.pattern.role != Role.SHORT:
            return False
        number = bisect_left(self._starts, hit.end)
        return number == 0 or self._standing[number - 1].hit.end <= hit.start

    def _called_by_surname(self, offices: set[int]) -> set[int]:
        """Who held one of `offices` at some time, and speaks under a surname alone."""
        holders = {person for office in offices for person, _ in self._index.holders.get(office, ())}
        found: set[int] = set()
        for hit in self._hits if holders else ():
            fitting = {owner.entry for owner in hit.pattern.owners if owner.role == Role.SHORT} & holders
            if len(fitting) == 1 and is_verb(word_before(self._text, hit.outset)) and self._is_free_short(hit):
                found |= fitting
        return found

    def _alike(self, entry: int) -> set[int]:
        """An actor with the offices it holds on the day, an office with its holder."""
        if entry not in self._alikes:
            self._alikes[entry] = self._found_alike(entry)
        return self._alikes[entry]

    def _found_alike(self, entry: int) -> set[int]:
        if self._index.entries[entry].kind != OFFICE:
            return {entry, *self._index.offices_on(entry, self._day)}
        holder = self._index.holder_on(entry, self._day)
        return {entry} if holder is None else {entry, holder}

    def _owners(self, name: Standing) -> list[int]:
        entries = [owner.entry for owner in name.owners]
        return entries if len(entries) < 2 else self._there(entries)

    def _meant(self, name: Standing) -> int | None:
        """Whom a full name or an acting country means."""
        if len(name.hit.pattern.owners) == 1:
            return name.owners[0].entry
        entries = self._owners(name)
        # A surname that stands alone for one person is another's in a text that named that other last.
        shorts = [owner.entry for owner in name.hit.pattern.owners if owner.role == Role.SHORT]
        rivals = [entry for entry in shorts if self._index.entries[entry].kind == PERSON]
        if len(entries) > 1 or rivals:
            last = self._last_named([*entries, *rivals])
            named = [entry for entry in entries if entry in self._named]
            return self._only(name.hit, named or entries) if last is None else last
        return entries[0]

    def _there(self, entries: list[int]) -> list[int]:
        """Those of several actors of one name that existed on the day; without a day, the latest."""
        known = self._index.entries
        if self._day is not None:
            return self._on_the_day(entries) or entries
        latest = max(known[entry].since or datetime.date.min for entry in entries)
        return [entry for entry in entries if (known[entry].since or datetime.date.min) == latest]

    def _on_the_day(self, entries: list[int]) -> list[int]:
        return [entry for entry in entries if self._day is None or self._index.entries[entry].on(self._day)]

    def _meant_by_short(self, hit: Hit) -> int | None:
        """Whom a surname, a short form or a title without country means."""
        owners = [owner.entry for owner in hit.pattern.owners]
        entries = [entry for entry in owners if may_be_surname(self._index, self._text, hit, entry, self._ends)]
        entries = self._on_the_day(entries)
        beside = self._beside(hit) | self._follower(hit)
        titled = [entry for entry in entries if not beside.isdisjoint(self._index.kin[entry])]
        if len(titled) == 1 or len({kin for entry in titled for kin in self._index.kin[entry] & beside}) == 1:
            # One title, or several that the one person beside them held.
            return titled[0]
        if goes_on(self._text, hit) or self._is_title_of_another(hit):
            return None
        last = self._last_named(entries)
        if last is not None or not hit.pattern.form:
            return self._only(hit, [entry for entry in entries if entry in self._named]) if last is None else last
        if not hit.pattern.title:
            return self._of_the_state_around(hit, entries)
        if " " not in hit.pattern.text:
            # "The president" needs somebody to go back to.
            return None
        return self._only(hit, [entry for entry in entries if self._index.countries[entry] in self._countries])

    def _of_the_state_around(self, hit: Hit, entries: list[int]) -> int | None:
        """A body of state by a short name: that of the state named last before it, as an actor or as a place.

        Where none was, of the state named next. Not by one word that could be any body's: the council, the committee.
        """
        spelling = hit.pattern.spelling
        if " " not in spelling and spelling not in NATIONAL:
            return None
        known, countries = self._index.entries, self._index.countries
        # Of a state's and its region's, the state's, which a lexicon lists first.
        bodies = {countries[entry]: entry for entry in reversed(entries) if known[entry].kind in _OF_STATE}
        place = bisect_left(self._starts, hit.start)
        around = [*reversed(self._standing[:place]), *self._standing[place:]] if bodies else []
        for name in around:
            states = {countries[owner.entry] for owner in name.owners} & self._index.states
            # Troops are mostly another state's.
            if states and not name.hit.pattern.force:
                return bodies.get(states.pop()) if len(states) == 1 else None
        return None

    def _last_named(self, entries: list[int]) -> int | None:
        seen = [entry for entry in entries if entry in self._seen]
        return max(seen, key=lambda entry: self._seen[entry]) if seen else None

    def _only(self, hit: Hit, entries: list[int]) -> int | None:
        """The only actor that is left; several are reported."""
        if len(entries) > 1:
            start, end = self._folded.original(hit.start, hit.end)
            actors = tuple(self._index.entries[entry].id for entry in entries)
            self._ambiguous.append(Ambiguous(start, end, hit.pattern.owners[0].name, actors))
        return entries[0] if len(entries) == 1 else None

    def _beside(self, hit: Hit) -> set[int]:
        """Whom the full names right before and right after a title or surname name."""
        number = bisect_left(self._starts, hit.start)
        pairs = [(self._standing[number - 1].hit, hit)] if number else []
        after = next((name.hit for name in self._standing[number : number + 2] if name.hit.start >= hit.end), None)
        if after:
            pairs.append((hit, after))
        found = set()
        for first, second in pairs:
            words = adjoining(self._text, first, second)
            if words is not None and all(word in COURTESY or word in FORMER for word in words):
                found |= {owner.entry for owner in (second if first is hit else first).pattern.owners}
        return found

    def _named_behind(self, hit: Hit, office: int) -> set[int]:
        """The person whose name follows an office of the same country without a mark between: it is that person's."""
        number = bisect_left(self._starts, hit.end)
        if number == len(self._standing) or not _COMMAS.isdisjoint(self._text[hit.end : self._starts[number]]):
            return set()
        known, countries = self._index.entries, self._index.countries
        persons = {owner.entry for owner in self._standing[number].owners if known[owner.entry].kind == PERSON}
        # "The president received Such-and-such", verb first, puts a guest's name there; "the president's deputy
        # Such-and-such" the president's.
        held = self._index.offices
        fitting = {
            one
            for one in persons
            if countries[one] == countries[office] and (not held[one] or office in self._index.kin[one])
        }
        return self._beside(hit) & fitting

    def _is_title_of_another(self, hit: Hit) -> bool:
        """Whether the name of a person who never held the office stands right behind a title."""
        return hit.pattern.title and any(self._index.entries[entry].kind == PERSON for entry in self._follower(hit))

    def _follower(self, hit: Hit) -> set[int]:
        """Whom a name right behind a title may mean, a surname alone too."""
        follower = self._begins.get(hit.end + 1)
        return {owner.entry for owner in follower.pattern.owners} if follower and not follower.clitic else set()

    def _mention(self, name: Standing, entry: int) -> FoundMention | None:
        """The mention of an actor, of an office's holder for the office; None of somebody else who held it."""
        hit, known = name.hit, self._index.entries
        start, end = self._folded.original(hit.start, hit.end)
        owners = hit.pattern.owners
        written = owners[0].name if len(owners) == 1 else next(one.name for one in owners if one.entry == entry)
        why, counts_to = self._why(name, written, self._folded.given[start:end]), known[entry].spokesperson_of
        meant: int | None = entry
        if known[entry].kind == OFFICE:
            meant = self._holder(hit, entry)
            why, counts_to = (Why.OFFICE, None) if meant != entry else (Why.VACANT, known[entry].body)
        elif known[entry].kind == PERSON and hit.pattern.form and self._is_another(hit, entry):
            meant = None
        if meant is None:
            return None
        self._seen.update(dict.fromkeys({entry, *self._alike(meant)}, hit.start))
        return FoundMention(start, end, known[meant].id, written, why, counts_to)

    def _holder(self, hit: Hit, office: int) -> int | None:
        """Who holds an office: the person named beside it, else by the day; the office itself where nobody is known."""
        if self._is_deputy(hit):
            named = self._named_behind(hit, office)
            return named.pop() if len(named) == 1 else office
        known = self._index.holders_on(office, None)
        named = self._named_behind(hit, office) or (self._beside(hit) | self._follower(hit)) & known
        if len(named) == 1:
            return named.pop()
        if self._is_former(hit):
            return None
        unknown = names_follow(self._text, hit) and not self._follower(hit)
        if self._index.entries[office].shared or unknown:
            return office
        if self._day is not None:
            holder = self._index.holder_on(office, self._day)
            return office if holder is None else holder
        known &= self._named
        return known.pop() if len(known) == 1 else office

    def _is_another(self, hit: Hit, person: int) -> bool:
        """Whether a title that the lexicon gives to a person is a predecessor's or a deputy's here."""
        return person not in self._beside(hit) and (self._is_former(hit) or self._is_deputy(hit))

    def _is_former(self, hit: Hit) -> bool:
        return not FORMER.isdisjoint(words_after(self._text, hit.end)[:1])

    def _is_deputy(self, hit: Hit) -> bool:
        """Whether this is "deputy of" an office, or "the special envoy to" one."""
        before = words_before(self._text, hit.outset)[:2]
        if hit.clitic.endswith("ل"):
            return any(word.startswith("ال") and word[2:] in DEPUTIES for word in before)
        return before[:1] != [] and before[0] in DEPUTIES

    def _has_spokesperson(self, hit: Hit) -> bool:
        spoken_for = self._text.endswith(_IN_THE_NAME, 0, hit.start)
        return spoken_for and bool(_SPOKESPERSON.search(self._text, max(0, hit.start - 60), hit.start))

    def _why(self, name: Standing, written: str, found: str) -> Why:
        if name.hit.pattern.voice or self._has_spokesperson(name.hit):
            return Why.SPOKESPERSON
        role = name.owners[0].role
        if role == Role.FULL:
            return Why.FULL_NAME if found == written else Why.SPELLING
        return Why.ACTING if role == Role.IF_ACTING else Why.SHORT_NAME
