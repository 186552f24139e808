"""What `test-translate` should say: a grammar from English into Spanish and Thai over the words of words.tsv.

Words are translated one by one, but for phrases of a number, adjectives and a noun ("two big red dog"; the list has no
plurals), of which each part but the noun may be missing:

- Spanish: number, noun, adjectives, the last one first, that agree ("dos perros rojos grandes"); "one" is "un, una".
- Thai: noun, adjectives, the last one first, number, classifier ("หมาสีแดงใหญ่สองตัว"); weeks and other stretches of
  time are counted without a classifier behind the number ("สองสัปดาห์"); "happy" takes "ที่" behind a noun.

A phrase ends at a mark and at a word that is not in the list. Such words, digits and
marks are copied, but Spanish sentences that end in ? or ! begin with ¿ or ¡, and Thai has no full stop and a space for
a comma. Thai words are written without spaces, what is copied between them keeps its own. The first word of a Spanish
sentence has a capital when it has one in English.
"""

import collections
import pathlib
import re

DATA = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data"
NUMBERS = "zero one two three four five six seven eight nine ten".split()
ADJECTIVES = "red green yellow black white big small happy".split()
FEMININE = set("water house moon night morning window door table chair apple milk hand head mother school street "
               "mountain week kitchen".split())
SPANISH_PLURALS = {"jardín": "jardines", "feliz": "felices"}
CLASSIFIERS = {
    "water": "แก้ว", "house": "หลัง", "dog": "ตัว", "bird": "ตัว", "horse": "ตัว", "tree": "ต้น", "moon": "ดวง",
    "window": "บาน", "door": "บาน", "table": "ตัว", "chair": "ตัว", "book": "เล่ม", "cheese": "ชิ้น", "apple": "ลูก",
    "milk": "แก้ว", "egg": "ฟอง", "fish": "ตัว", "hand": "ข้าง", "head": "หัว", "mother": "คน", "father": "คน",
    "brother": "คน", "friend": "คน", "school": "แห่ง", "street": "สาย", "garden": "แห่ง", "river": "สาย",
    "mountain": "ลูก", "money": "ก้อน", "kitchen": "ห้อง"}
TIMES = "night morning week summer winter".split()
NOUNS = set(CLASSIFIERS) | set(TIMES)

LEXEME = re.compile(r"<[^<>\s]+>|https?://\S+|\d+(?:[.,]\d+)*|[^\W\d_]+|\S")

# A word, number or mark of the source: `key` is its English word in lower case or "", `gap` the spaces before it.
Lexeme = collections.namedtuple("Lexeme", "text key gap begin")

# What comes of it: a text, the lexeme it is of, the spaces before it, and whether it is the source's own text.
Unit = collections.namedtuple("Unit", "text source gap is_copy")


def read_words():
    """By language, in the order of the file."""
    lines = (DATA / "test_words" / "words.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return {language: [row[column] for row in rows[1:]] for column, language in enumerate(rows[0])}


class Grammar:
    """From English into `language`, "es" or "th"."""

    def __init__(self, language):
        words = read_words()
        self.language = language
        self.dictionary = dict(zip(words["en"], words[language]))
        assert set(self.dictionary) == NOUNS | set(NUMBERS) | set(ADJECTIVES) | {"yesterday", "always"}

    def translate(self, text):
        return "".join(" " * unit.gap + unit.text for unit in self.units(text)).strip()

    def units(self, text):
        """The translation in its parts."""
        lexemes = self.read(text)
        units, first, at = [], None, 0  # `first`: of the units, the first word of the sentence
        while at < len(lexemes):
            size = self._phrase_size(lexemes, at)
            phrase = self._phrase(lexemes, at, size)
            phrase[0] = phrase[0]._replace(gap=lexemes[at].gap)
            if first is None and lexemes[at].text[0].isalnum():
                first = len(units)
                if self.language == "es" and lexemes[at].key and lexemes[at].text[0].isupper():
                    phrase[0] = phrase[0]._replace(text=phrase[0].text[0].upper() + phrase[0].text[1:])
            if self.language == "es" and first is not None and lexemes[at].text in ("?", "!"):
                units.insert(first, Unit("¿" if lexemes[at].text == "?" else "¡", at, units[first].gap, False))
                units[first + 1] = units[first + 1]._replace(gap=0)
            if lexemes[at].text in (".", "?", "!"):
                first = None
            units += phrase
            at += size
        return self._with_thai_gaps(units) if self.language == "th" else units

    def read(self, text):
        lexemes, end = [], 0
        for match in LEXEME.finditer(text):
            key = match.group().lower()
            key = key if key in self.dictionary else ""
            lexemes.append(Lexeme(match.group(), key, match.start() - end, match.start()))
            end = match.end()
        return lexemes

    @staticmethod
    def _phrase_size(lexemes, begin):
        """Of the lexemes from `begin` on that are translated together: 1 when there is no noun to go with."""
        at = begin
        while at < len(lexemes):
            if at > begin and lexemes[at].gap != 1:
                return 1
            if lexemes[at].key in NOUNS:
                return at - begin + 1
            is_number = lexemes[at].key in NUMBERS or lexemes[at].text[0].isdecimal()
            if lexemes[at].key not in ADJECTIVES and not (is_number and at == begin):
                return 1
            at += 1
        return 1

    def _phrase(self, lexemes, begin, size):
        if size == 1 and not lexemes[begin].key:
            return [Unit(lexemes[begin].text, begin, 0, True)]
        places = list(range(begin, begin + size))
        noun = places.pop()
        if size == 1:
            return [Unit(self.dictionary[lexemes[noun].key], noun, 0, False)]
        number = places.pop(0) if lexemes[begin].key not in ADJECTIVES else None
        phrase = self._spanish_phrase if self.language == "es" else self._thai_phrase
        return phrase(lexemes, number, places[::-1], noun)

    def _spanish_phrase(self, lexemes, number, adjectives, noun):
        key = lexemes[noun].key
        is_one = number is None or lexemes[number].key == "one" or lexemes[number].text == "1"
        units = []
        if number is not None:
            count = lexemes[number].key
            text = self.dictionary.get(count, lexemes[number].text)
            if count == "one":
                text = "una" if key in FEMININE - {"water"} else "un"
            units.append(Unit(text, number, 1, not count))
        for place in [noun, *adjectives]:
            text = self.dictionary[lexemes[place].key]
            if place != noun and key in FEMININE and text.endswith("o"):
                text = text[:-1] + "a"
            units.append(Unit(text if is_one else self._spanish_plural(text), place, 1, False))
        return units

    @staticmethod
    def _spanish_plural(word):
        return SPANISH_PLURALS.get(word) or word + ("s" if word[-1] in "aeiouáéíóú" else "es")

    def _thai_phrase(self, lexemes, number, adjectives, noun):
        key = lexemes[noun].key
        units = [Unit(self.dictionary[key], noun, 0, False)]
        for place in adjectives:
            if lexemes[place].key == "happy":
                units.append(Unit("ที่", place, 0, False))
            units.append(Unit(self.dictionary[lexemes[place].key], place, 0, False))
        if number is None:
            return units
        count = lexemes[number].key
        counted = Unit(self.dictionary.get(count, lexemes[number].text), number, 0 if count else 1, not count)
        if key in TIMES:
            return [counted, units[0]._replace(gap=counted.gap), *units[1:]]
        return [*units, counted, Unit(CLASSIFIERS[key], noun, counted.gap, False)]

    @staticmethod
    def _with_thai_gaps(units):
        """Without full stops and commas, and without the spaces between two words."""
        result, is_apart = [], False
        for unit in units:
            if unit.is_copy and unit.text in (".", ","):
                is_apart = True
                continue
            if result and not result[-1].is_copy and not unit.is_copy:
                unit = unit._replace(gap=int(is_apart))
            result.append(unit)
            is_apart = False
        return result
