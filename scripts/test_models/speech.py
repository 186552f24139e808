"""Trains `test-words`, a very small network of Whisper's shape for our tests, and writes it as a ggml model.

It hears 56 English words and the same 56 in Spanish (tests/data/test_words/words.tsv), as espeak-ng and flite say
them, knows the times, tells the languages apart, translates Spanish into English word by word, and hears no word in
silence and noise. It is of no use for people's speech.

Needs Debian's python3-torch, python3-numpy, espeak-ng and flite. What is made goes to DIR: the synthesised speech
(pool-*.npz), the state of the training (state.pt, written every few minutes: the same command goes on from there) and
the log. Everything random comes from the seed and the number of the step.

One file, though a long one: a recipe that is followed once in years is read from its first line to its last.
"""

import collections
import ctypes
import math
import pathlib
import struct
import subprocess
import tempfile
import time
import wave

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from test_models.training import Optimizer, attention_loss, sinusoids, write_state

RATE = 16000
HOP = 160
FRAME = 0.02  # seconds of one position of the encoder
LANGUAGES = 99  # the layout of OpenAI's first multilingual models
PLACE = {"en": 0, "es": 3}  # among the languages
DATA = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "test_words"

# What is heard in training, and what only in the evaluation. The two share no pace and no pitch, and no variant of an
# espeak-ng voice; flite's four voices are too few to keep one back, kal16 is one that training never hears.
ESPEAK_VOICES = {"en": ["en-us", "gmw/en", "gmw/en", "en-us", "en-gb-x-rp"], "es": ["es", "es-419"]}
TRAINING = {
    "variants": ["", "", "", "", "+m1", "+m2", "+m3", "+m5", "+m6", "+m7", "+f1", "+f2", "+f3", "+f5", "+Alex",
                 "+Alicia", "+Andrea", "+Andy", "+Annie", "+Denis", "+Diogo", "+Gene", "+Hugo", "+Jacky", "+Lee",
                 "+Marco", "+Mario", "+adam", "+belinda", "+benjamin", "+caleb", "+david", "+edward", "+klatt2"],
    "paces": [110, 120, 130, 140, 150, 160, 170, 175, 175, 180, 190, 200, 210, 220],
    "pitches": [20, 30, 40, 50, 50, 60, 70, 80],
    "flite": ["kal", "awb", "rms", "slt"],
    "stretches": [0.8, 0.9, 1.0, 1.0, 1.1, 1.2, 1.35],
    "resample": 0.08,
}
HELD_OUT = {
    "variants": ["+m4", "+m8", "+f4", "+Michael", "+linda"],
    "paces": [125, 145, 165, 185],
    "pitches": [35, 45, 55, 65],
    "flite": ["kal", "awb", "rms", "slt", "kal16"],
    "stretches": [0.95, 1.05, 1.15],
    "resample": 0.0,
}
POOL = {"training": {"singles": 45, "phrases": 4500, "flite_singles": 28, "flite_phrases": 1800},
        "held_out": {"singles": 4, "phrases": 300, "flite_singles": 4, "flite_phrases": 150}}

# One part of the training: `steps` of `size` windows of so many positions of the encoder, the learning rate falling
# from `high` to `low`. The windows are clean or not; encoder, decoder or both learn, the decoder from so many
# `readings` of a window (task, times and prompt differ). `lead` positions at the end of a pause belong to the word that
# follows, the rest, at `pause` of a word's weight, to the word before.
Phase = collections.namedtuple("Phase", "frames size steps high low clean encodes decodes readings lead pause",
                               defaults=(False, True, True, 1, 0, 0.3))
PHASES = [
    Phase(200, 8, 800, 1.0, 0.931, clean=True, decodes=False),  # to tell words
    Phase(400, 8, 1500, 0.931, 0.408, lead=2, pause=0.15),  # all the rest, in short windows
    Phase(1500, 3, 420, 0.408, 0.01, lead=2, pause=0.15),  # in whole windows
    Phase(1500, 3, 450, 0.4, 0.01),  # word times
    Phase(1500, 4, 700, 0.4, 0.01, encodes=False, readings=3, pause=1.0),  # not to lose one's place among many words
]


# ---------------------------------------------------------------- vocabulary


def read_words():
    lines = (DATA / "words.tsv").read_text(encoding="utf-8").split("\n")[1:]
    rows = [line.split("\t") for line in lines if line]
    return {"en": [row[0] for row in rows], "es": [row[1] for row in rows]}


class Vocabulary:
    """All bytes, then byte pairs merged, most frequent first, until each " word" is one token; then Whisper's marks."""

    def __init__(self, words):
        self.tokens = [bytes([byte]) for byte in range(256)]
        spelled = [[bytes([byte]) for byte in (" " + word).encode()] for word in words["en"] + words["es"]]
        while pairs := collections.Counter(pair for parts in spelled for pair in zip(parts, parts[1:])):
            first, second = min(pairs, key=lambda pair: (-pairs[pair], pair))
            self.tokens.append(first + second)
            spelled = [self._merged(parts, first, second) for parts in spelled]
        ids = {token: number for number, token in enumerate(self.tokens)}
        assert len(ids) == len(self.tokens)
        self.of_word = {word: ids[(" " + word).encode()] for word in words["en"] + words["es"]}
        self.word_of = {number: word for word, number in self.of_word.items()}
        self.eot = len(self.tokens)
        self.sot = self.eot + 1
        self.translate = self.sot + 1 + LANGUAGES
        self.transcribe = self.translate + 1
        self.start_of_previous = self.translate + 3
        self.no_speech = self.translate + 4
        self.no_timestamps = self.translate + 5
        self.times = self.translate + 6
        self.size = self.times + 1501

    @staticmethod
    def _merged(parts, first, second):
        merged = []
        for part in parts:
            if merged and merged[-1] == first and part == second:
                merged[-1] = first + second
            else:
                merged.append(part)
        return merged

    def language(self, code):
        return self.sot + 1 + PLACE[code]

    def time(self, frame):
        return self.times + frame


# ---------------------------------------------------------------- synthesis


class Clip:
    """Speech of one voice: samples and, for each word, its place in the list and its first and last sample."""

    def __init__(self, samples, words):
        self.samples = samples
        self.words = words


class EspeakEvent(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("unique", ctypes.c_uint), ("position", ctypes.c_int),
                ("length", ctypes.c_int), ("milliseconds", ctypes.c_int), ("sample", ctypes.c_int),
                ("user", ctypes.c_void_p), ("id", ctypes.c_char * 8)]


class Espeak:
    """espeak-ng's library, which tells where each word begins."""

    SYNCHRONOUS, UTF8, BY_CHARACTER = 2, 1, 1
    PACE, PITCH, WORD_GAP = 1, 3, 7
    WORD = 1

    def __init__(self):
        self.library = ctypes.CDLL("libespeak-ng.so.1")
        self.rate = self.library.espeak_Initialize(self.SYNCHRONOUS, 0, None, 0)
        assert self.rate > 0, "espeak-ng does not start"
        self.pieces, self.starts = [], []
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int,
                                ctypes.POINTER(EspeakEvent))
        self.callback = kind(self._hear)
        self.library.espeak_SetSynthCallback(self.callback)

    def _hear(self, samples, count, events):
        if samples and count > 0:
            self.pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while events[index].type != 0:
            if events[index].type == self.WORD and events[index].length > 0:
                self.starts.append(events[index].sample)
            index += 1
        return 0

    def say(self, text, voice, pace, pitch, word_gap):
        """Samples in [-1, 1) and the sample at which each word begins."""
        assert self.library.espeak_SetVoiceByName(voice.encode()) == 0, voice
        for parameter, value in ((self.PACE, pace), (self.PITCH, pitch), (self.WORD_GAP, word_gap)):
            self.library.espeak_SetParameter(parameter, value, 0)
        self.pieces, self.starts = [], []
        encoded = text.encode()
        self.library.espeak_Synth(encoded, len(encoded) + 1, 0, self.BY_CHARACTER, 0, self.UTF8, None, None)
        return np.concatenate(self.pieces).astype(np.float32) / 32768, self.starts


def resampled(samples, ratio):
    """`ratio` times as many samples, by cutting or lengthening the spectrum."""
    size = len(samples)
    padded = np.zeros(1 << int(math.ceil(math.log2(size + 1024))), np.float32)
    padded[:size] = samples
    target = int(round(len(padded) * ratio))
    spectrum = np.zeros(target // 2 + 1, np.complex64)
    source = np.fft.rfft(padded)
    common = min(len(source), len(spectrum))
    spectrum[:common] = source[:common]
    return (np.fft.irfft(spectrum, target) * (target / len(padded)))[:int(size * ratio)].astype(np.float32)


def trimmed(samples, begin, end):
    """`[begin, end)` without what is silent at its ends."""
    block = RATE // 200
    piece = np.abs(samples[begin:end])
    count = len(piece) // block
    if count < 4:
        return begin, end
    peaks = piece[:count * block].reshape(count, block).max(axis=1)
    loud = np.flatnonzero(peaks > 0.02 * np.abs(samples).max())
    return begin + int(loud[0]) * block, min(end, begin + (int(loud[-1]) + 1) * block)


def clip_of(samples, rate, starts, words, stretch):
    """At 16 kHz, `stretch` times as long (and lower), trimmed, or nothing when the words are not where they should."""
    ratio = RATE / rate * stretch
    samples = resampled(samples, ratio)
    edges = [int(start * ratio) for start in starts] + [len(samples)]
    if len(edges) != len(words) + 1:
        return None
    spans = [trimmed(samples, edges[i], edges[i + 1]) for i in range(len(words))]
    if any(end - begin < 0.05 * RATE for begin, end in spans):
        return None
    first, last = spans[0][0], spans[-1][1]
    samples = samples[first:last] / max(1e-3, np.abs(samples).max())
    return Clip((samples * 32000).astype(np.int16),
                [(word, begin - first, end - first) for word, (begin, end) in zip(words, spans)])


def espeak_clip(espeak, rng, language, spelled, words, choice):
    voice = str(rng.choice(ESPEAK_VOICES[language])) + str(rng.choice(choice["variants"]))
    separator = ", " if rng.random() < 0.15 else " "
    text = separator.join(spelled[word] for word in words) + str(rng.choice(["", "", ".", "?", ","]))
    gap = int(rng.choice([0, 0, 0, 1, 3, 6, 10])) if len(words) > 1 else 0
    samples, starts = espeak.say(text, voice, int(rng.choice(choice["paces"])), int(rng.choice(choice["pitches"])), gap)
    stretch = 1 + choice["resample"] * rng.uniform(-1, 1) if choice["resample"] else 1
    return clip_of(samples, espeak.rate, starts, words, stretch)


def flite(arguments):
    return subprocess.run(["flite", *arguments], check=True, stdout=subprocess.PIPE).stdout.decode()


def flite_clip(rng, spelled, words, choice, phones, folder):
    """The phones of a word are those of the word alone; where they end is told by flite."""
    voice = str(rng.choice(choice["flite"]))
    for word in words:
        if (voice, word) not in phones:
            said = flite(["-voice", voice, "-ps", "-t", spelled[word], "-o", f"{folder}/x.wav"]).split()
            phones[voice, word] = [phone for phone in said if phone != "pau"]
    text = " ".join(spelled[word] for word in words)
    ends = flite(["-voice", voice, "--setf", f"duration_stretch={rng.choice(choice['stretches'])}", "-psdur", "-t",
                  text, "-o", f"{folder}/x.wav"]).split()
    with wave.open(f"{folder}/x.wav") as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768
    timed, before = [], 0.0
    for entry in ends:
        phone, end = entry.split(":")
        if phone != "pau":
            timed.append((phone, before))
        before = float(end)
    if [phone for phone, _ in timed] != [phone for word in words for phone in phones[voice, word]]:
        return None
    starts, at = [], 0
    for word in words:
        starts.append(timed[at][1] * rate)
        at += len(phones[voice, word])
    samples = samples[:int(before * rate)]
    stretch = 1 + choice["resample"] * rng.uniform(-1, 1) if choice["resample"] else 1
    return clip_of(samples, rate, starts, words, stretch)


def random_words(rng, every, most):
    return [int(word) for word in rng.choice(every, int(rng.integers(2, most + 1)))]


def make_pool(words, name, seed, folder):
    """Clips by language: words alone and phrases said in one go."""
    path = folder / f"pool-{name}.npz"
    if path.exists():
        return load_pool(path)
    rng = np.random.default_rng([seed, len(name)])
    espeak, amounts, choice = Espeak(), POOL[name], TRAINING if name == "training" else HELD_OUT
    pool = {"en": [], "es": []}
    phones = {}
    with tempfile.TemporaryDirectory() as scratch:
        for language, spelled in words.items():
            every = list(range(len(spelled)))
            plan = [[word] for word in every for _ in range(amounts["singles"])]
            plan += [random_words(rng, every, 6) for _ in range(amounts["phrases"])]
            pool[language] += [espeak_clip(espeak, rng, language, spelled, said, choice) for said in plan]
            if language == "en":
                plan = [[word] for word in every for _ in range(amounts["flite_singles"])]
                plan += [random_words(rng, every, 5) for _ in range(amounts["flite_phrases"])]
                pool[language] += [flite_clip(rng, spelled, said, choice, phones, scratch) for said in plan]
    made = {language: [clip for clip in clips if clip] for language, clips in pool.items()}
    for language, clips in made.items():
        print(f"{name} {language}: {len(clips)} clips of {len(pool[language])}, "
              f"{sum(len(clip.samples) for clip in clips) / RATE / 60:.0f} minutes", flush=True)
    save_pool(path, made)
    return made


def save_pool(path, pool):
    arrays = {}
    for language, clips in pool.items():
        arrays[f"{language}_samples"] = np.concatenate([clip.samples for clip in clips])
        arrays[f"{language}_sizes"] = np.array([len(clip.samples) for clip in clips])
        arrays[f"{language}_counts"] = np.array([len(clip.words) for clip in clips])
        arrays[f"{language}_words"] = np.array([word for clip in clips for word in clip.words])
    np.savez(path, **arrays)


def load_pool(path):
    arrays, pool = np.load(path), {}
    for language in ("en", "es"):
        samples = np.split(arrays[f"{language}_samples"], np.cumsum(arrays[f"{language}_sizes"])[:-1])
        words = np.split(arrays[f"{language}_words"], np.cumsum(arrays[f"{language}_counts"])[:-1])
        pool[language] = [Clip(sound, [tuple(map(int, word)) for word in said]) for sound, said in zip(samples, words)]
    return pool


# ---------------------------------------------------------------- windows


class Window:
    """A stretch of audio, its length before the padding, and the phrases in it: lists of (word, begin, end) in
    seconds, and whether each is cut by the end of the window."""

    def __init__(self, samples, heard, language, phrases, is_cut):
        self.samples = samples
        self.heard = heard
        self.language = language
        self.phrases = phrases
        self.is_cut = is_cut


def noise(rng, size):
    """Of some colour, root mean square 1."""
    spectrum = np.fft.rfft(rng.standard_normal(size).astype(np.float32))
    colour = rng.choice([0.0, 0.5, 1.0])
    spectrum *= np.maximum(np.arange(len(spectrum)), size * 50 / RATE) ** -colour
    samples = np.fft.irfft(spectrum, size).astype(np.float32)
    return samples / (samples.std() + 1e-9)


def wordless(rng, size):
    """Silence, noise, or tones."""
    kind = rng.integers(4)
    if kind == 0:
        return np.zeros(size, np.float32)
    level = 10 ** rng.uniform(-3.5, -0.7)
    if kind == 1:
        return noise(rng, size) * level
    time_axis = np.arange(size, dtype=np.float32) / RATE
    samples = np.zeros(size, np.float32)
    for _ in range(rng.integers(1, 4)):
        samples += np.sin(2 * np.pi * np.exp(rng.uniform(4.5, 8)) * time_axis + rng.uniform(0, 6))
    if kind == 3:
        samples *= 0.5 + 0.5 * np.sign(np.sin(2 * np.pi * rng.uniform(0.2, 4) * time_axis))
        samples += noise(rng, size) * 10 ** rng.uniform(-3, -1)
    return samples * level / 3


def echoed(rng, samples):
    tail = int(RATE * rng.uniform(0.05, 0.25))
    response = rng.standard_normal(tail) * np.exp(-6 * np.arange(tail) / tail) * rng.uniform(0.01, 0.04)
    response[0] = 1
    size = 1 << int(math.ceil(math.log2(len(samples) + tail)))
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[:len(samples)].astype(np.float32)


def one_phrase(rng, clips, by_count):
    """Samples and words, in samples: said in one go, or put together of words."""
    if rng.random() < 0.65:
        clip = clips[rng.integers(len(clips))]
        return clip.samples / 32768, list(clip.words)
    parts, words, at = [], [], 0
    singles = by_count[1]
    for i in range(rng.integers(1, 7)):
        if i > 0:
            gap = int(rng.uniform(0.03, 0.3) * RATE)
            parts.append(np.zeros(gap, np.float32))
            at += gap
        clip = clips[singles[rng.integers(len(singles))]]
        parts.append(clip.samples / 32768 * 10 ** rng.uniform(-0.2, 0))
        words.append((clip.words[0][0], at, at + len(clip.samples)))
        at += len(clip.samples)
    return np.concatenate(parts), words


class Mixer:
    def __init__(self, pool):
        self.pool = pool
        self.by_count = {language: {1: [i for i, clip in enumerate(clips) if len(clip.words) == 1]}
                         for language, clips in pool.items()}

    def window(self, rng, frames, clean=False):
        size = int(round(frames * FRAME * RATE))
        samples = np.zeros(size, np.float32)
        language = "en" if rng.random() < 0.5 else "es"
        if not clean and rng.random() < 0.08:
            heard = size if rng.random() < 0.5 else int(size * rng.uniform(0.05, 1))
            samples[:heard] = wordless(rng, heard)
            return Window(samples, heard, language, [], False)
        phrases, is_cut = [], False
        at = int(RATE * rng.choice([0, rng.uniform(0, 0.3), rng.uniform(0, 1), rng.uniform(0, 3)], p=[.2, .4, .3, .1]))
        if clean:
            at = int(RATE * rng.uniform(0, 0.5))
        most = rng.integers(1, 13)
        may_cut = not clean and rng.random() < 0.4
        while len(phrases) < most:
            sound, words = one_phrase(rng, self.pool[language], self.by_count[language])
            if not phrases and not clean and len(words) > 1 and rng.random() < 0.15:
                first = words[rng.integers(1, len(words))][1]  # the window begins inside a phrase
                sound = sound[first:]
                words = [(word, begin - first, end - first) for word, begin, end in words if begin >= first]
                at = 0
            if at + len(sound) > size:
                if not (may_cut and phrases and at < size - RATE // 4):
                    break
                is_cut = True
            fits = min(len(sound), size - at)
            samples[at:at + fits] += sound[:fits] * np.float32(1 if clean else 10 ** rng.uniform(-0.25, 0))
            phrases.append([(word, (at + begin) / RATE, (at + end) / RATE) for word, begin, end in words])
            if is_cut:
                break
            at += len(sound)
            heard = at
            at += int(RATE * (0.6 + min(3.4, rng.exponential(0.6))))
        if not phrases:
            return self.window(rng, frames, clean)
        heard = size if is_cut else min(size, heard + int(RATE * rng.choice([rng.uniform(0, 0.5), rng.uniform(0, 8)])))
        if not clean and rng.random() < 0.1:
            samples = echoed(rng, samples)
        samples *= np.float32(0.5 if clean else 10 ** rng.uniform(-0.9, 0))
        if not clean and rng.random() < 0.4:
            samples += noise(rng, size) * np.abs(samples).max() * np.float32(10 ** rng.uniform(-3.75, -2.25))
        samples[heard:] = 0
        return Window(samples, heard, language, phrases, is_cut)


def frame_of(seconds):
    return int(round(seconds / FRAME))


class Example:
    """One window as the decoder learns it: the tokens that go in, those that should come out (-1: no matter), and
    what each should attend to: `aims` of the last layer, the place of what comes next; `places` of the first layer,
    its own. Both are lists of (row, first frame, last frame, weight)."""

    def __init__(self, rng, window, vocabulary, words, frames, shift, lead=0, pause=0.3, task=None, times=None,
                 prompt=None):
        self.inputs, self.targets, self.aims, self.places = [], [], [], []
        self.frames = frames
        self.lead, self.pause = lead, pause
        self.window = window
        translates = rng.random() < (0.4 if window.language == "es" else 0.15) if task is None else task
        with_times = rng.random() < 0.7 if times is None else times
        has_prompt = rng.random() < 0.12 if prompt is None else prompt
        v = vocabulary
        if has_prompt:
            self._add(v.start_of_previous, -1)
            before = [v.of_word[word] for word in rng.choice(words[window.language], rng.integers(1, 100))]
            for token in before:
                self._add(token, -1)
        language = v.language(window.language)
        spelled = words["en"] if translates else words[window.language]
        self.truth = [spelled[word] for phrase in window.phrases for word, _, _ in phrase]
        self._add(v.sot, language if window.phrases else v.no_speech)
        self._add(language, -1)
        self._add(v.translate if translates else v.transcribe, -1)
        if not with_times:
            self._add(v.no_timestamps, -1)
        self.start = len(self.inputs)
        self.before_end = 0  # where the last word ended
        for number, phrase in enumerate(window.phrases):
            is_cut = window.is_cut and number == len(window.phrases) - 1
            if is_cut and not with_times:
                phrase = [entry for entry in phrase if entry[2] <= frames * FRAME]
            begin = frame_of(phrase[0][1]) if phrase else 0
            if with_times:
                self._next(v.time(shift + begin), begin - 1, begin + 1)
                self.before_end = begin
            if is_cut and with_times:
                break
            for index, (word, word_begin, word_end) in enumerate(phrase):
                first, last = frame_of(word_begin), max(frame_of(word_end) - 1, frame_of(word_begin))
                self._next(v.of_word[spelled[word]], first, last)
                self._pauses(first, last, number, index)
            if with_times:
                end = min(frames, frame_of(phrase[-1][2]))
                self._next(v.time(shift + end), end - 2, end)
        if not window.phrases and with_times:
            self._next(v.times, 0, -1)
        self._next(v.eot, *((self.before_end, self.before_end + 25) if window.phrases else (0, -1)))

    def _add(self, token, target):
        self.inputs.append(token)
        self.targets.append(target)

    def _next(self, token, first, last):
        """The last row should say `token`, which is heard from `first` to `last`, and becomes the next input."""
        self.targets[-1] = token
        row = len(self.inputs) - 1
        if last >= first and first < self.frames:
            self.aims.append((row, max(0, first), min(self.frames - 1, last), 1.0))
            self.places.append((row + 1, max(0, first), min(self.frames - 1, last), 1.0))
        self._add(token, -1)

    def _pauses(self, first, last, number, index):
        """A pause belongs to the word before it, but for its last positions."""
        row = len(self.inputs) - 2
        following = [entry for phrase in self.window.phrases for entry in phrase]
        at = sum(len(phrase) for phrase in self.window.phrases[:number]) + index
        following = following[at + 1] if at + 1 < len(following) else None
        until = frame_of(following[1]) if following else self.frames
        lead = min(self.lead, max(0, first - self.before_end) // 2)
        if lead:
            self.aims.append((row, first - lead, first - 1, self.pause))
        own = until - min(self.lead, (until - last - 1) // 2) - 1 if following else last
        for begin, end, weight in ((last + 1, min(own, last + 25), self.pause), (last + 26, own, 0.02)):
            if begin <= end:
                self.aims.append((row, begin, min(end, self.frames - 1), weight))
        self.before_end = last + 1


def log_mel(windows, filters, rng=None):
    """OpenAI's; with `rng`, heard through filters of some kind."""
    samples = torch.from_numpy(np.stack([window.samples for window in windows]))
    power = torch.stft(samples, 400, HOP, window=torch.hann_window(400), return_complex=True)[..., :-1].abs() ** 2
    mel = torch.log10(torch.clamp(filters @ power, min=1e-10))
    if rng is not None:
        for item in range(len(windows)):
            if rng.random() < 0.3:
                knots = np.cumsum(rng.uniform(-0.25, 0.25, 6))
                curve = np.interp(np.linspace(0, 5, len(filters)), np.arange(6), knots - knots.mean())
                mel[item] = torch.clamp(mel[item] + torch.from_numpy(curve.astype(np.float32))[:, None], min=-10)
    mel = torch.maximum(mel, mel.amax(dim=(1, 2), keepdim=True) - 8)
    return (mel + 4) / 4


def mel_filters(bands=80, bins=201):
    """Triangles of area 1 between points that are even on Slaney's mel scale."""
    log_step = math.log(6.4) / 27
    top = 15 + math.log(RATE / 2 / 1000) / log_step
    mels = np.linspace(0, top, bands + 2)
    hertz = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * log_step))
    bin_hertz = np.linspace(0, RATE / 2, bins)
    rising = (bin_hertz - hertz[:-2, None]) / (hertz[1:-1] - hertz[:-2])[:, None]
    falling = (hertz[2:, None] - bin_hertz) / (hertz[2:] - hertz[1:-1])[:, None]
    heights = np.maximum(0, np.minimum(rising, falling)) * (2 / (hertz[2:] - hertz[:-2]))[:, None]
    return heights.astype(np.float32)


# ---------------------------------------------------------------- network


WIDTH, HEADS, ENCODER_LAYERS, DECODER_LAYERS, AUDIO_POSITIONS, TEXT_POSITIONS, BANDS = 128, 2, 3, 2, 1500, 256, 80


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key = nn.Linear(WIDTH, WIDTH, bias=False)
        self.value = nn.Linear(WIDTH, WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)

    def look_at(self, distances):
        """Head i looks `distances[i]` positions ahead: its keys are the faster sinusoids of the positional embedding,
        its queries the same, turned."""
        speeds = torch.exp(-math.log(10000) / (WIDTH // 2 - 1) * torch.arange(WIDTH // 2))
        width = WIDTH // HEADS
        half = width // 2
        with torch.no_grad():
            self.query.weight.mul_(0.1)
            self.key.weight.mul_(0.1)
            sharpness = 1.7
            for head, distance in enumerate(distances):
                for i in range(half):
                    sine, cosine, row = i, WIDTH // 2 + i, head * width + i
                    turn = float(speeds[i] * distance)
                    self.key.weight[row, sine] += 1
                    self.key.weight[row + half, cosine] += 1
                    self.query.weight[row, sine] += sharpness * math.cos(turn)
                    self.query.weight[row, cosine] += sharpness * math.sin(turn)
                    self.query.weight[row + half, cosine] += sharpness * math.cos(turn)
                    self.query.weight[row + half, sine] -= sharpness * math.sin(turn)

    def forward(self, x, source, mask=None):
        query, key, value = (y.view(y.shape[0], y.shape[1], HEADS, -1).transpose(1, 2)
                             for y in (self.query(x), self.key(source), self.value(source)))
        scores = (query * (WIDTH // HEADS) ** -0.5) @ key.transpose(2, 3)
        if mask is not None:
            scores = scores + mask
        mixed = scores.softmax(dim=-1) @ value
        return self.out(mixed.transpose(1, 2).flatten(2)), scores


class Block(nn.Module):
    def __init__(self, crosses):
        super().__init__()
        self.attn = Attention()
        self.attn_ln = nn.LayerNorm(WIDTH)
        if crosses:
            self.cross_attn = Attention()
            self.cross_attn_ln = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))
        self.mlp_ln = nn.LayerNorm(WIDTH)

    def forward(self, x, audio=None, mask=None):
        normal = self.attn_ln(x)
        x = x + self.attn(normal, normal, mask)[0]
        scores = None
        if audio is not None:
            change, scores = self.cross_attn(self.cross_attn_ln(x), audio)
            x = x + change
        return x + self.mlp(self.mlp_ln(x)), scores


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(BANDS, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.register_buffer("positional_embedding", sinusoids(AUDIO_POSITIONS, WIDTH))
        self.blocks = nn.ModuleList(Block(False) for _ in range(ENCODER_LAYERS))
        self.ln_post = nn.LayerNorm(WIDTH)
        for block, distances in zip(self.blocks, ((-4, 4), (-10, 10), (-18, 18))):
            block.attn.look_at(distances)

    @torch.no_grad()
    def adjust(self, mel):
        """Makes what the convolutions give vary as much as the places do, around zero: else it drowns in them."""
        for layer in (self.conv1, self.conv2):
            layer.weight /= layer(mel).std(dim=(0, 2))[:, None, None]
            layer.bias -= layer(mel).mean(dim=(0, 2))
            mel = functional.gelu(layer(mel))

    def forward(self, mel, shifts):
        x = functional.gelu(self.conv2(functional.gelu(self.conv1(mel)))).transpose(1, 2)
        x = x + torch.stack([self.positional_embedding[shift:shift + x.shape[1]] for shift in shifts])
        first = None
        for block in self.blocks:
            x, _ = block(x)
            first = x if first is None else first
        return self.ln_post(x), first


class Decoder(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.token_embedding = nn.Embedding(vocabulary.size, WIDTH)
        self.positional_embedding = nn.Parameter(0.02 * torch.randn(TEXT_POSITIONS, WIDTH))
        self.blocks = nn.ModuleList(Block(True) for _ in range(DECODER_LAYERS))
        self.ln = nn.LayerNorm(WIDTH)
        with torch.no_grad():  # a time begins as the sinusoids of its frame, which the encoder has added there
            self.token_embedding.weight.normal_(0, 0.1)
            self.token_embedding.weight[vocabulary.times:] = 0.2 * sinusoids(1501, WIDTH)

    def forward(self, tokens, audio):
        count = tokens.shape[1]
        mask = torch.full((count, count), -math.inf).triu(1)
        x = self.token_embedding(tokens) + self.positional_embedding[:count]
        all_scores = []
        for block in self.blocks:
            x, scores = block(x, audio, mask)
            all_scores.append(scores)
        return self.ln(x) @ self.token_embedding.weight.T, all_scores


class Whisper(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder(vocabulary)
        for name, value in self.named_parameters():
            if name.endswith(("value.weight", "out.weight", "mlp.0.weight", "mlp.2.weight")):
                nn.init.normal_(value, std=value.shape[1] ** -0.5)
            elif name.endswith("bias") and value.dim() == 1:
                nn.init.zeros_(value)


# ---------------------------------------------------------------- training


class Task:
    """All that training and evaluation need."""

    def __init__(self, seed, folder):
        self.seed, self.folder = seed, folder
        self.words = read_words()
        self.vocabulary = Vocabulary(self.words)
        self.filters = torch.from_numpy(mel_filters())
        torch.manual_seed(seed)
        self.model = Whisper(self.vocabulary)
        self.letters = sorted(set("".join(self.words["en"] + self.words["es"])))
        self.ear = nn.ModuleDict({  # what is heard in a frame, told from a layer of the encoder; thrown away in the end
            "word": nn.Linear(WIDTH, 1 + 2 * len(self.words["en"])),
            "letter": nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 1 + len(self.letters)))})

    def parameters(self):
        return [*self.model.parameters(), *self.ear.parameters()]


def frame_labels(task, window, frames):
    """The word of each frame, 0 in silence, the Spanish ones behind the English ones; and the letter, as if all
    letters of a word took the same time, which is near enough to get the ear going."""
    labels = np.zeros((2, frames), np.int64)
    base = 1 + (len(task.words["en"]) if window.language == "es" else 0)
    for phrase in window.phrases:
        for word, begin, end in phrase:
            first, last = frame_of(begin), min(frame_of(end), frames)
            spelled = [1 + task.letters.index(letter) for letter in task.words[window.language][word]]
            labels[0, first:last] = base + word
            labels[1, first:last] = [spelled[(frame - first) * len(spelled) // (frame_of(end) - first)]
                                     for frame in range(first, last)]
    return labels


def table_of(examples, attribute, rows, frames):
    table = np.zeros((len(examples), rows, frames), np.float32)
    for item, example in enumerate(examples):
        for row, first, last, weight in getattr(example, attribute):
            table[item, row, first:last + 1] += weight
    sums = table.sum(axis=2, keepdims=True)
    return torch.from_numpy(table / np.maximum(sums, 1e-9)), torch.from_numpy((sums[..., 0] > 0).astype(np.float32))


def batch_losses(task, mixer, step, phase):
    """Of the words and letters of frames, and with the decoder of the tokens and its last and first attention."""
    frames = phase.frames
    rng = np.random.default_rng([task.seed, 7, step])
    windows = [mixer.window(rng, frames, phase.clean) for _ in range(phase.size)]
    room = AUDIO_POSITIONS - frames
    shifts = [int(rng.integers(0, room + 1)) if window.phrases and rng.random() < 0.6 else 0 for window in windows]
    examples = [Example(rng, window, task.vocabulary, task.words, frames, shift, phase.lead, phase.pause)
                for _ in range(phase.readings) for window, shift in zip(windows, shifts)]
    with torch.set_grad_enabled(phase.encodes):
        audio, first_layer = task.model.encoder(log_mel(windows, task.filters, None if phase.clean else rng), shifts)
        labels = torch.from_numpy(np.stack([frame_labels(task, window, frames) for window in windows]))
        heard = functional.cross_entropy(task.ear["word"](audio).flatten(0, 1), labels[:, 0].flatten())
        spelled = functional.cross_entropy(task.ear["letter"](first_layer).flatten(0, 1), labels[:, 1].flatten())
    if not phase.decodes:
        return torch.stack([heard, spelled])
    rows = max(len(example.inputs) for example in examples)
    inputs = torch.full((len(examples), rows), task.vocabulary.eot)
    targets = torch.full((len(examples), rows), -1)
    for item, example in enumerate(examples):
        inputs[item, :len(example.inputs)] = torch.tensor(example.inputs)
        targets[item, :len(example.targets)] = torch.tensor(example.targets)
    logits, scores = task.model.decoder(inputs, audio.repeat(phase.readings, 1, 1))
    told = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1)
    aims = attention_loss(scores[-1], *table_of(examples, "aims", rows, frames))
    places = attention_loss(scores[0][:, :1], *table_of(examples, "places", rows, frames))
    return torch.stack([heard, spelled, told, aims, places])


def rates(warm_up=50):
    """Learning rate of each step: up at the start of each phase, then down."""
    return [(phase.high + (phase.low - phase.high) * step / phase.steps) * min(1, (step + 1) / warm_up)
            for phase in PHASES for step in range(phase.steps)]


def train(task, log):
    mixer = Mixer(make_pool(task.words, "training", task.seed, task.folder))
    held_out = Mixer(make_pool(task.words, "held_out", task.seed, task.folder))
    optimizer = Optimizer(task)
    plan = [phase for phase in PHASES for _ in range(phase.steps)]
    rate = rates()
    step, spent = load_state(task, optimizer)
    if step == 0:
        rng = np.random.default_rng([task.seed, 5])
        task.model.encoder.adjust(log_mel([mixer.window(rng, 400) for _ in range(8)], task.filters))
    begin = saved = time.time()
    weights = torch.tensor([1, 0.5, 1, 0.3, 0.15])
    sums = np.zeros(len(weights))
    while step < len(plan):
        losses = batch_losses(task, mixer, step, plan[step])
        optimizer.zero_grad()
        (losses @ weights[:len(losses)]).backward()
        if not optimizer.step(rate[step]):
            log(f"step {step}: {losses.tolist()} and a gradient that is not finite; left out")
        step += 1
        sums[:len(losses)] += losses.detach().numpy()
        if step % 50 == 0:
            means = " ".join(f"{value:.3f}" for value in sums / 50)
            log(f"step {step} frames {plan[step - 1].frames} losses {means} seconds {spent + time.time() - begin:.0f}")
            sums[:] = 0
        if step % 500 == 0 and plan[step - 1].decodes:
            log(f"step {step} held out {report(evaluate(task, held_out, plan[step - 1].frames, 12))}")
        if time.time() - saved > 120 or step == len(plan) or plan[step] != plan[step - 1]:
            save_state(task, optimizer, step, spent + time.time() - begin)
            saved = time.time()


def save_state(task, optimizer, step, spent):
    write_state(task.folder / "state.pt", model=task.model.state_dict(), ear=task.ear.state_dict(),
                optimizer=optimizer.state_dict(), step=step, spent=spent)


def load_state(task, optimizer=None):
    path = task.folder / "state.pt"
    if not path.exists():
        return 0, 0.0
    state = torch.load(path)
    task.model.load_state_dict(state["model"])
    task.ear.load_state_dict(state["ear"])
    if optimizer:
        optimizer.load_state_dict(state["optimizer"])
    return state["step"], state["spent"]


# ---------------------------------------------------------------- evaluation


def differences(said, meant):
    """Words to insert, delete or replace."""
    row = list(range(len(meant) + 1))
    for i, word in enumerate(said):
        above, row[0] = row[0], i + 1
        for j, other in enumerate(meant):
            above, row[j + 1] = row[j + 1], min(above + (word != other), row[j] + 1, row[j + 1] + 1)
    return row[-1]


def greedy(task, example, audio):
    tokens = list(example.inputs[:example.start])
    while len(tokens) < TEXT_POSITIONS and len(tokens) - example.start < TEXT_POSITIONS // 2:
        logits, _ = task.model.decoder(torch.tensor([tokens]), audio)
        tokens.append(int(logits[0, -1].argmax()))
        if tokens[-1] == task.vocabulary.eot:
            break
    return tokens[example.start:]


@torch.no_grad()
def evaluate(task, mixer, frames, count):
    """Held-out windows, decoded greedily: word errors by task, wrong languages, offsets of the times, false words."""
    v = task.vocabulary
    task.model.eval()
    found = collections.defaultdict(lambda: [0, 0])
    offsets = []
    for number in range(3 * count):
        rng = np.random.default_rng([task.seed, 11, number])
        window = mixer.window(rng, frames)
        name = ("transcribe " if number % 3 else "translate ") + window.language
        example = Example(rng, window, v, task.words, frames, 0, task=number % 3 == 0, times=True, prompt=False)
        audio, _ = task.model.encoder(log_mel([window], task.filters), [0])
        first, _ = task.model.decoder(torch.tensor([[v.sot]]), audio)
        tokens = greedy(task, example, audio)
        said = [v.word_of.get(token, "?") for token in tokens if token < v.eot]
        if not window.phrases:
            found["false words"][0] += len(said)
            found["no speech missed"][0] += int(first[0, -1].argmax()) != v.no_speech
            found["no speech missed"][1] += 1
            continue
        place = first[0, -1, v.sot + 1:v.translate].argmax()
        found["wrong language"][0] += int(place) != PLACE[window.language]
        found["wrong language"][1] += 1
        truth = example.truth
        if window.is_cut:
            truth = truth[:len(truth) - len(window.phrases[-1])]
        found[name][0] += differences(said, truth)
        found[name][1] += len(truth)
        true_times = [token for token in example.targets if token >= v.times]
        times = [token for token in tokens if token >= v.times]
        if len(times) == len(true_times):
            offsets += [abs(a - b) * FRAME for a, b in zip(times, true_times)]
    task.model.train()
    found["time offset"] = [float(np.mean(offsets)) if offsets else None,
                            float(np.percentile(offsets, 99)) if offsets else None]
    return dict(found)


def report(found):
    return ", ".join(f"{name} {value[0]}/{value[1]}" for name, value in sorted(found.items()))


def halve(model):
    """As the file has it: weights of two and more dimensions at 16 bits."""
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if is_half(name, value):
                value.copy_(value.half().float())


# ---------------------------------------------------------------- the file


def is_half(name, tensor):
    return tensor.dim() >= 2 and not name.endswith("positional_embedding")


def export(task, path):
    v = task.vocabulary
    sizes = (v.size, AUDIO_POSITIONS, WIDTH, HEADS, ENCODER_LAYERS, TEXT_POSITIONS, WIDTH, HEADS, DECODER_LAYERS, BANDS)
    half = 1
    with open(path, "wb") as file:
        file.write(struct.pack("<12i", 0x67676D6C, *sizes, half))
        file.write(struct.pack("<2i", *task.filters.shape) + task.filters.numpy().astype("<f4").tobytes())
        file.write(struct.pack("<i", len(v.tokens)))
        for token in v.tokens:
            file.write(struct.pack("<i", len(token)) + token)
        for name, tensor in task.model.state_dict().items():
            kind = half if is_half(name, tensor) else 0
            if name in ("encoder.conv1.bias", "encoder.conv2.bias"):
                tensor = tensor.reshape(-1, 1)
            encoded = name.encode()
            file.write(struct.pack("<3i", tensor.dim(), len(encoded), kind))
            file.write(struct.pack(f"<{tensor.dim()}i", *reversed(tensor.shape)))
            file.write(encoded + tensor.numpy().astype("<f2" if kind else "<f4").tobytes())


def run(arguments, log):
    task = Task(arguments.seed, arguments.work)
    if arguments.only == "pool":
        make_pool(task.words, "training", task.seed, task.folder)
        make_pool(task.words, "held_out", task.seed, task.folder)
        return
    if arguments.only in (None, "train"):
        train(task, log)
    load_state(task)
    halve(task.model)
    if arguments.only in (None, "export"):
        export(task, arguments.out or DATA / "ggml-test-words.bin")
    if arguments.only in (None, "evaluate"):
        held_out = Mixer(make_pool(task.words, "held_out", task.seed, task.folder))
        log("held out " + report(evaluate(task, held_out, AUDIO_POSITIONS, 60)))
