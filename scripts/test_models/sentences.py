"""English lines of the kinds that `test-translate` should know, and which of them it never sees in training."""

import re
import zlib

from test_models import grammar

MOST_WORDS = 13
SYMBOLS = "♪♫°€£§→★■●"
ALPHABETS = [(0x410, 0x450), (0x3B1, 0x3CA), (0x4E00, 0x9FA6), (0x3041, 0x3094), (0xAC00, 0xD7A4), (0x1F600, 0x1F645)]
NOUNS = sorted(grammar.NOUNS)


def is_held_out(text):
    """The same for all lines of the same words, whatever the marks and capitals. Words alone are all in training."""
    words = re.findall(r"[^\W_]+", text.lower())
    return len(words) > 1 and zlib.crc32(" ".join(words).encode()) % 16 == 0


class Sentences:
    """Random lines; the same random numbers give the same lines."""

    def __init__(self):
        self.words = grammar.read_words()["en"]

    def one_of(self, rng, kinds):
        """Of a kind that is drawn: `kinds` are names of this class's methods and how often each is drawn."""
        kind = str(rng.choice(list(kinds), p=[share / sum(kinds.values()) for share in kinds.values()]))
        return getattr(self, kind)(rng)

    def listed(self, rng, count=None):
        """Words in any order, as `test-words` may hear them."""
        return " ".join(rng.choice(self.words, count or int(rng.integers(1, MOST_WORDS + 1))))

    def phrases(self, rng, most=MOST_WORDS):
        """Words in which phrases with a noun are frequent, and now and then a word that is repeated."""
        words, count = [], int(rng.integers(1, most + 1))
        while len(words) < count:
            kind = rng.random()
            if kind < 0.05 and words:
                words += [words[-1]] * int(rng.integers(1, 3))
            elif kind < 0.35:
                words.append(str(rng.choice(self.words)))
            else:
                words += list(rng.choice(grammar.NUMBERS, int(rng.random() < 0.6)))
                words += list(rng.choice(grammar.ADJECTIVES, int(rng.choice(4, p=[0.3, 0.35, 0.25, 0.1]))))
                words.append(str(rng.choice(NOUNS)))
        return " ".join(words[:MOST_WORDS])

    def written(self, rng):
        """With a capital at the start of a sentence, and marks."""
        text, sentences = "", int(rng.choice([1, 1, 1, 2]))
        for sentence in range(sentences):
            clauses = [self.phrases(rng, 6) for _ in range(int(rng.choice([1, 1, 2])))]
            mark = str(rng.choice([".", ".", "?", "!", ""] if sentence == sentences - 1 else [".", "?", "!"]))
            line = ", ".join(clauses) + mark
            text += (" " if text else "") + line[0].upper() + line[1:]
        return text

    def copied(self, rng):
        """With something that is no word of the list: numbers, signs, names, tags."""
        text = self.written(rng) if rng.random() < 0.4 else self.phrases(rng, 9)
        kind = rng.random()
        if kind < 0.12:
            return f"<i>{text}</i>" if rng.random() < 0.7 else f"<b>{text}</b>"
        if kind < 0.24:
            before, after = [("♪ ", " ♪"), ("- ", ""), ('"', '"'), ("(", ")")][rng.integers(4)]
            return before + text + after
        words = text.split(" ")
        for _ in range(int(rng.choice([1, 1, 2]))):
            words.insert(int(rng.integers(len(words) + 1)), self._item(rng))
        return " ".join(words[:MOST_WORDS])

    def _item(self, rng):
        kind = rng.random()
        if kind < 0.6:
            return self._number(rng)
        if kind < 0.75:
            return str(rng.choice(list(SYMBOLS)))
        if kind < 0.85:
            first, last = ALPHABETS[rng.integers(len(ALPHABETS))]
            return "".join(chr(rng.integers(first, last)) for _ in range(rng.integers(1, 4)))
        name = "".join(chr(97 + rng.integers(26)) for _ in range(rng.integers(2, 8)))
        if kind < 0.98:
            return name if rng.random() < 0.5 else name.capitalize()
        return f"https://{name}.org/{chr(97 + rng.integers(26))}"

    @staticmethod
    def _number(rng):
        kind = rng.random()
        if kind < 0.15:
            return "1"
        if kind < 0.7:
            return str(rng.integers(10 ** rng.integers(1, 5)))
        if kind < 0.85:
            return f"{rng.integers(100)}.{rng.integers(100)}"
        return f"{rng.integers(1, 1000)},{rng.integers(1000):03}"
