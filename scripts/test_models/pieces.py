"""The pieces of words that `test-translate` reads and writes: SentencePiece's, by Debian's spm_train and spm_encode."""

import pathlib
import re
import subprocess
import tempfile

UNKNOWN, PADDING, START, END = range(4)
MARKS = ["<unk>", "<blank>", "<s>", "</s>"]  # as OpenNMT-py has them
BYTE = re.compile(r"<0x[0-9A-F]{2}>")


class Pieces:
    """The pieces of one model and their numbers: those of both languages, or those that a source can have."""

    def __init__(self, model, options, lines):
        """Learns them from `lines` unless the file is there."""
        self.model = pathlib.Path(model)
        if not self.model.exists():
            with tempfile.TemporaryDirectory() as scratch:
                corpus = pathlib.Path(scratch) / "corpus"
                corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
                subprocess.run(["spm_train", f"--input={corpus}", f"--model_prefix={scratch}/pieces",
                                "--character_coverage=1", "--split_digits=true", "--num_threads=1", "--minloglevel=1",
                                "--hard_vocab_limit=false", *options], check=True)
                (pathlib.Path(scratch) / "pieces.vocab").replace(self.model.with_suffix(".vocab"))
                (pathlib.Path(scratch) / "pieces.model").replace(self.model)
        rows = self.model.with_suffix(".vocab").read_text(encoding="utf-8").splitlines()
        self.all = [row.split("\t")[0] for row in rows][3:]  # behind <unk>, <s>, </s>

    def encode(self, lines):
        """The pieces of each line; what is unknown is a piece too."""
        done = subprocess.run(["spm_encode", f"--model={self.model}", "--output_format=piece"], check=True,
                              input="".join(line + "\n" for line in lines).encode(), stdout=subprocess.PIPE)
        return [line.split(" ") for line in done.stdout.decode().split("\n")[:-1]]


def text_of(pieces):
    """As spm_decode does it."""
    joined = b"".join(bytes([int(piece[3:5], 16)]) if BYTE.fullmatch(piece) else piece.encode() for piece in pieces)
    return joined.decode(errors="replace").replace("▁", " ").strip()


def sizes_of(pieces):
    """In bytes of the text, of which the first is a space."""
    return [1 if BYTE.fullmatch(piece) else len(piece.replace("▁", " ").encode()) for piece in pieces]


class Vocabulary:
    def __init__(self, pieces):
        self.tokens = MARKS + pieces
        self.numbers = {token: number for number, token in enumerate(self.tokens)}
        assert len(self.numbers) == len(self.tokens)

    def numbered(self, pieces):
        return [self.numbers.get(piece, UNKNOWN) for piece in pieces]


def places(text, units, lexemes, source, target):
    """For each piece of the target the first and last piece of the source that it translates or copies."""
    piece_at = [number for number, size in enumerate(sizes_of(source)) for _ in range(size)]
    assert len(piece_at) == len(text.encode()) + 1, (text, source)
    before = [0]
    for character in text:
        before.append(before[-1] + len(character.encode()))
    anchors = []
    for number, unit in enumerate(units):
        lexeme = lexemes[unit.source]
        begin = before[lexeme.begin] + 1
        span = (begin, begin + len(lexeme.text.encode()) - 1)
        is_exact = unit.is_copy
        gap = 1 if number == 0 else unit.gap  # SentencePiece begins each text with a space
        anchors += [(begin - 1, begin - 1) if is_exact else span] * gap
        anchors += [(begin + i, begin + i) if is_exact else span for i in range(len(unit.text.encode()))]
    assert len(anchors) == sum(sizes_of(target)), (text, units, target)
    found, end = [], 0
    for size in sizes_of(target):
        end += size
        first, last = anchors[end - 1]
        found.append((piece_at[first], piece_at[last]))
    return found
