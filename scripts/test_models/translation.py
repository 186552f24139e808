"""Trains `test-translate`, two very small translation networks for our tests, from English into Spanish and Thai, and
writes them as .argosmodel packages with CTranslate2's files.

They know the 56 words of tests/data/test_words/words.tsv in any order, phrases of them, marks and capitals, and copy
numbers and, less surely, what they do not know. Truth is what grammar.py says.

Needs Debian's python3-torch, python3-numpy and sentencepiece. What is made goes to DIR/PAIR: the lines and their pieces
(pieces.model, pool.npz) and the state of the training. Everything random comes from the seed and the number of the
step. The .argosmodel files are the same to the byte for the same state of the training.
"""

import collections
import time

import numpy as np
import torch
from torch.nn import functional

from test_models import argos_package, pieces, transformer
from test_models.grammar import DATA, Grammar
from test_models.sentences import Sentences, is_held_out
from test_models.training import Optimizer, attention_loss, write_state

OUT = DATA / "test_translate"

# The two packages are unlike each other where real ones are: one vocabulary or two, a unigram model that knows its
# letters only or byte pair encoding with a piece for each byte, positions in the file or not, the type of the weights.
# SentencePiece's usual rule of normalisation takes Thai vowels apart (ำ), so Thai has none.
Pair = collections.namedtuple("Pair", "language name is_shared kind stores_positions pieces")
PAIRS = {
    "en_es": Pair("es", "Spanish", True, "int8", True, ["--model_type=unigram", "--vocab_size=480"]),
    "en_th": Pair("th", "Thai", False, "float16", False,
                  ["--model_type=bpe", "--vocab_size=680", "--byte_fallback=true",
                   "--normalization_rule_name=identity"]),
}

TRAINING = {"listed": 0.45, "phrases": 0.2, "written": 0.15, "copied": 0.2}
HELD_OUT = {"listed": 1100, "written": 400, "copied": 400}  # how many lines of each kind
POOL, BATCH = 160_000, 96
GUIDED = 0.3  # the weight of what the first head of the last layer should look at

# A part of the training: the learning rate falls from `high` to `low`. The smoothing of the second is to make all that
# is not meant equally unlikely, so that a beam is not full too soon of lines that end early; it helps a little.
Phase = collections.namedtuple("Phase", "steps high low smoothing")
PHASES = [Phase(2600, 1.0, 0.01, 0.0), Phase(300, 0.3, 0.01, 0.1)]


class Task:
    """All that the training and evaluation of a pair need."""

    def __init__(self, name, seed, folder):
        self.name, self.pair, self.seed = name, PAIRS[name], seed
        self.folder = folder / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.grammar = Grammar(self.pair.language)
        self.sentences = Sentences()
        self.pieces = pieces.Pieces(self.folder / "pieces.model", self.pair.pieces, self._corpus())
        self.target = pieces.Vocabulary(self.pieces.all)
        self.source = self.target if self.pair.is_shared else pieces.Vocabulary(
            [piece for piece in self.pieces.all if not any("\u0e00" <= letter <= "\u0e7f" for letter in piece)])
        torch.manual_seed(seed)
        self.model = transformer.Transformer(len(self.source.tokens), len(self.target.tokens), self.pair.is_shared,
                                             self.pair.stores_positions)

    def parameters(self):
        return list(self.model.parameters())

    def _corpus(self):
        """What the pieces are learnt from: both languages, and no letters and signs that should stay unknown."""
        rng = np.random.default_rng([self.seed, 1])
        lines = [self.sentences.one_of(rng, TRAINING) for _ in range(20_000)]
        lines = [line for line in lines if line.isascii()]
        return lines + [self.grammar.translate(line) for line in lines]


# ---------------------------------------------------------------- lines


def held_out(task, kind):
    """English lines that are not in the training, all different; of `listed` as many for each number of words."""
    rng = np.random.default_rng([task.seed, 3, len(kind)])
    lines, count = {}, 0
    while len(lines) < HELD_OUT[kind]:
        line = getattr(task.sentences, kind)(rng, *([2 + len(lines) % 11] if kind == "listed" else []))
        if is_held_out(line):
            lines[line] = None
        count += 1
        assert count < 1_000_000
    return list(lines)


def make_pool(task):
    """Numbers of the pieces of source and target of each line, and where each piece of the target should look."""
    path = task.folder / "pool.npz"
    if not path.exists():
        rng = np.random.default_rng([task.seed, 2])
        lines = []
        while len(lines) < POOL:
            line = task.sentences.one_of(rng, TRAINING)
            if not is_held_out(line):
                lines.append(line)
        units = [task.grammar.units(line) for line in lines]
        truths = ["".join(" " * unit.gap + unit.text for unit in row) for row in units]
        rows = list(zip(lines, units, task.pieces.encode(lines), task.pieces.encode(truths)))
        found = [pieces.places(line, units, task.grammar.read(line), source, target)
                 for line, units, source, target in rows]
        arrays = {"source": [task.source.numbered(row[2]) for row in rows],
                  "target": [task.target.numbered(row[3]) for row in rows], "places": found}
        flat = {name: np.array([item for row in values for item in row], np.int16) for name, values in arrays.items()}
        sizes = {f"{name}_sizes": [len(row) for row in arrays[name]] for name in ("source", "target")}
        np.savez(path, **flat, **sizes)
    arrays = np.load(path)
    source, target = (np.cumsum(arrays[f"{name}_sizes"])[:-1] for name in ("source", "target"))
    return list(zip(np.split(arrays["source"], source), np.split(arrays["target"], target),
                    np.split(arrays["places"], target)))


def batches_of(task, pool, step):
    """The batches from `step` on, each of lines of like length. The pool is mixed anew each time that it is used up."""
    count = len(pool) // BATCH
    while True:
        rng = np.random.default_rng([task.seed, 4, step // count])
        order = rng.permutation(len(pool))[:count * BATCH]
        group = 40 * BATCH
        order = np.concatenate([sorted(order[begin:begin + group], key=lambda i: (len(pool[i][1]), i))
                                for begin in range(0, len(order), group)])
        batches = np.split(order, count)
        for number in rng.permutation(count)[step % count:]:
            yield [pool[i] for i in batches[number]]
            step += 1


# ---------------------------------------------------------------- training


def batch_losses(task, rows, smoothing):
    """Of the pieces, and of where the head that replaces what is unknown looks."""
    source = transformer.padded([row[0].tolist() for row in rows])
    tokens = transformer.padded([[pieces.START, *row[1].tolist(), pieces.END] for row in rows])
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    table = np.zeros((len(rows), inputs.shape[1], source.shape[1]), np.float32)
    for item, (_, _, found) in enumerate(rows):
        for place, (first, last) in enumerate(found):
            table[item, place, first:last + 1] = 1 / (last - first + 1)
    table = torch.from_numpy(table)
    logits, scores = task.model.decode(inputs, *task.model.encode(source))
    told = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pieces.PADDING,
                                    label_smoothing=smoothing)
    return torch.stack([told, attention_loss(scores[:, None], table, table.sum(dim=2))])


def rates(warm_up=100):
    """Learning rate of each step: up at the start of each phase, then down."""
    return [(phase.high + (phase.low - phase.high) * step / phase.steps) * min(1, (step + 1) / warm_up)
            for phase in PHASES for step in range(phase.steps)]


def train(task, log):
    pool = make_pool(task)
    optimizer = Optimizer(task)
    step, spent = load_state(task, optimizer)
    tries = held_out(task, "listed")[:220] + held_out(task, "copied")[:220]
    batches = batches_of(task, pool, step)
    plan, rate = [phase for phase in PHASES for _ in range(phase.steps)], rates()
    begin = saved = time.time()
    sums = np.zeros(2)
    while step < len(plan):
        losses = batch_losses(task, next(batches), plan[step].smoothing)
        optimizer.zero_grad()
        (losses[0] + GUIDED * losses[1]).backward()
        if not optimizer.step(rate[step]):
            log(f"{task.name} step {step}: {losses.tolist()} and a gradient that is not finite; left out")
        step += 1
        sums += losses.detach().numpy()
        if step % 100 == 0:
            means = " ".join(f"{value:.4f}" for value in sums / 100)
            log(f"{task.name} step {step} losses {means} seconds {spent + time.time() - begin:.0f}")
            sums[:] = 0
        if step % 500 == 0:
            said = translations(task, tries)
            wrong = [task.grammar.translate(line) != text for line, text in zip(tries, said)]
            log(f"{task.name} step {step} wrong: listed {sum(wrong[:220])} of 220, copied {sum(wrong[220:])} of 220")
        if time.time() - saved > 60 or step == len(plan):
            write_state(task.folder / "state.pt", model=task.model.state_dict(), optimizer=optimizer.state_dict(),
                        step=step, spent=spent + time.time() - begin)
            saved = time.time()


def load_state(task, optimizer=None):
    path = task.folder / "state.pt"
    if not path.exists():
        return 0, 0.0
    state = torch.load(path)
    task.model.load_state_dict(state["model"])
    if optimizer:
        optimizer.load_state_dict(state["optimizer"])
    return state["step"], state["spent"]


# ---------------------------------------------------------------- evaluation


def said_text(task, source, tokens, looks):
    """What is unknown is replaced by the piece of the source that it looks at, as Argos Translate lets it be done."""
    return pieces.text_of([source[look] if token == pieces.UNKNOWN else task.target.tokens[token]
                           for token, look in zip(tokens, looks)])


@torch.no_grad()
def translations(task, lines, size=1):
    task.model.eval()
    sources = task.pieces.encode(lines)
    numbers = [task.source.numbered(source) for source in sources]
    found = [None] * len(lines)
    order = sorted(range(len(lines)), key=lambda i: (len(numbers[i]), i))
    for begin in range(0, len(order), 64):
        part = order[begin:begin + 64]
        ends = (transformer.greedy(task.model, [numbers[i] for i in part]) if size == 1 else
                [transformer.beam(task.model, numbers[i], size) for i in part])
        for i, (tokens, looks) in zip(part, ends):
            found[i] = said_text(task, sources[i], tokens, looks)
    task.model.train()
    return found


def evaluate(task, log):
    """The share of lines that are translated exactly as the grammar says."""
    sets = {"words alone": task.sentences.words}
    sets.update({kind: held_out(task, kind) for kind in HELD_OUT})
    for kind, lines in sets.items():
        truths = [task.grammar.translate(line) for line in lines]
        for size in (1, 4):
            said = translations(task, lines, size)
            wrong = [row for row in zip(lines, truths, said) if row[1] != row[2]]
            log(f"{task.name} {kind}, {'greedy' if size == 1 else f'beam {size}'}: "
                f"{len(lines) - len(wrong)} of {len(lines)} exact")
            if size == 1:
                for line, truth, text in wrong[:8]:
                    log(f"  {line} | {truth} | {text}")


def write_sentences(path, seed, folder):
    """Held-out lines for tests of the packages, with what the grammar makes of them."""
    task = Task("en_es", seed, folder)
    lines = held_out(task, "listed")[:66] + held_out(task, "written")[:30] + held_out(task, "copied")[:24]
    grammars = [Grammar("es"), Grammar("th")]
    rows = [[line, *(grammar.translate(line) for grammar in grammars)] for line in lines]
    path.write_text("".join("\t".join(row) + "\n" for row in [["en", "es", "th"], *rows]), encoding="utf-8")


# ---------------------------------------------------------------- the package


README = """# test-translate, English to {name}

A translation model for tests of voxlate, not for users: a Transformer of {millions:.1f} million weights that knows the
56 words of `tests/data/test_words/words.tsv`. Made by voxlate's `scripts/train_test_model`, under voxlate's licence
(MIT).
"""


def export(task, path):
    """The .argosmodel."""
    pair = task.pair
    weights = sum(value.numel() for value in task.model.parameters())
    files = {
        "metadata.json": argos_package.json_text({
            "name": "test-translate", "package_version": "1.0", "argos_version": "1.9.0", "from_code": "en",
            "from_name": "English", "to_code": pair.language, "to_name": pair.name}),
        "README.md": README.format(name=pair.name, millions=weights / 1e6).encode(),
        "sentencepiece.model": task.pieces.model.read_bytes(),
        "model/model.bin": argos_package.model_file(task.model, pair.kind, pair.stores_positions),
        "model/config.json": argos_package.config(),
    }
    if pair.is_shared:
        files["model/shared_vocabulary.json"] = argos_package.json_text(task.source.tokens)
    else:
        files["model/source_vocabulary.json"] = argos_package.json_text(task.source.tokens)
        files["model/target_vocabulary.json"] = argos_package.json_text(task.target.tokens)
    argos_package.write(path, f"translate-{task.name}-1_0", files)


def run(arguments, log):
    out = arguments.out or OUT
    for name in [arguments.pair] if arguments.pair else PAIRS:
        task = Task(name, arguments.seed, arguments.work)
        if arguments.only == "pool":
            make_pool(task)
            continue
        if arguments.only in (None, "train"):
            train(task, log)
        load_state(task)
        argos_package.as_stored(task.model, task.pair.kind)
        if arguments.only in (None, "export"):
            export(task, out / f"translate-test_{name}.argosmodel")
        if arguments.only in (None, "evaluate"):
            evaluate(task, log)
    if arguments.only in (None, "export"):
        write_sentences(out / "sentences.tsv", arguments.seed, arguments.work)
