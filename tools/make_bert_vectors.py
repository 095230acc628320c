#!/usr/bin/env python3
"""Writes Tests/TransformerTests/Vectors/bert_*.safetensors: a tiny BERT of random weights, step by step.

    pip install torch transformers numpy ml_dtypes
    python3 tools/make_bert_vectors.py

Letters: B = batch, T = tokens of the longest row, D = hidden size.

`bert_model.safetensors` (BertModel) and `bert_classifier_model.safetensors` (BertForSequenceClassification, three
labels): the weights by their names in transformers, and in the metadata `config`, the text of config.json.

`bert_steps.safetensors` and `bert_classifier_steps.safetensors`: a ragged batch and what transformers makes of it.

- `input_ids`, `attention_mask`, `token_type_ids`: I64 [B][T], rows padded on the right, the mask 0 there;
- in float32, `hidden_states.N` [B][T][D] (0 after the embedding, N after layer N) and `mean_pooled` [B][D], over the
  tokens that are not padding; of the classifier also `pooler_output` [B][D] and `logits` [B][labels];
- each of them as `exact.…` in float64, from the same float32 weights. So a tolerance can be derived:
  |got − exact| ≤ 2·|float32 − exact| + ε.

What stands where the mask is 0 is transformers' business: padding attends to the tokens there, nothing attends to it.

Weights, gains and biases are all drawn, and layer_norm_eps is no usual one: a start of ones and zeros would hide a gain
that is ignored, a bias that is swapped, or an epsilon that is fixed.
"""

from pathlib import Path

import torch
import transformers
from onnx_attention.safetensors_bytes import encode
from transformers import BertConfig, BertForSequenceClassification, BertModel

VECTORS = Path(__file__).resolve().parent.parent / "Tests" / "TransformerTests" / "Vectors"
SEED = 5
LENGTHS = [19, 1, 7, 24, 2]
CONFIG = {
    "hidden_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "vocab_size": 101,
    "max_position_embeddings": 32,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-3,
    "attn_implementation": "eager",
}
LABELS = {0: "cold", 1: "mild", 2: "warm"}


def draw(model, generator):
    """Every parameter drawn, of sizes that keep the hidden states about as large as the layers' gains."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("LayerNorm.weight"):
                parameter.copy_(1 + 0.3 * noise)
            elif parameter.ndim == 1 or "embeddings" in name:
                parameter.copy_(0.3 * noise)
            else:
                parameter.copy_(1.5 * parameter.shape[1] ** -0.5 * noise)
    return model.eval()


def ragged_batch(generator):
    """Rows of LENGTHS tokens; the latter half of a row is of token type 1."""
    place = torch.arange(max(LENGTHS))[None, :]
    lengths = torch.tensor(LENGTHS)[:, None]
    mask = (place < lengths).long()
    tokens = torch.randint(1, CONFIG["vocab_size"], mask.shape, generator=generator)
    return {"input_ids": tokens * mask, "attention_mask": mask, "token_type_ids": (place >= (lengths + 1) // 2) * mask}


@torch.no_grad()
def steps(model, batch):
    """Every intermediate result, by name, in the model's precision."""
    output = model(**batch, output_hidden_states=True)
    weights = batch["attention_mask"][..., None].to(output.hidden_states[-1].dtype)
    results = {f"hidden_states.{layer}": state for layer, state in enumerate(output.hidden_states)}
    results["mean_pooled"] = (output.hidden_states[-1] * weights).sum(1) / weights.sum(1)
    if isinstance(model, BertForSequenceClassification):
        results |= {"pooler_output": model.bert.pooler(output.hidden_states[-1]), "logits": output.logits}
    return results


def write(name, model, batch):
    metadata = {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "script": "tools/make_bert_vectors.py",
    }
    model.config.architectures = [type(model).__name__]
    config = model.config.to_json_string(use_diff=False)
    weights = {key: tensor.numpy() for key, tensor in model.state_dict().items()}
    model_file = VECTORS / f"{name}_model.safetensors"
    model_file.write_bytes(encode(weights, metadata | {"config": config}))

    results = {key: value.contiguous().numpy() for key, value in steps(model, batch).items()}
    exact = {key: value.contiguous().numpy() for key, value in steps(model.double(), batch).items()}
    vectors = {key: value.numpy() for key, value in batch.items()} | results
    vectors |= {f"exact.{key}": value for key, value in exact.items()}
    steps_file = VECTORS / f"{name}_steps.safetensors"
    steps_file.write_bytes(encode(vectors, metadata))

    for path in (model_file, steps_file):
        print(f"{path.name}: {path.stat().st_size} bytes")
    for key, value in exact.items():
        apart = abs(results[key] - value).max()
        print(f"  {key}: at most {abs(value).max():.2f}, float32 from float64 by at most {apart:.1e}")


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    generator = torch.Generator().manual_seed(SEED)
    batch = ragged_batch(generator)
    write("bert", draw(BertModel(BertConfig(**CONFIG), add_pooling_layer=False), generator), batch)
    labels = {"id2label": LABELS, "label2id": {label: place for place, label in LABELS.items()}}
    write("bert_classifier", draw(BertForSequenceClassification(BertConfig(**CONFIG, **labels)), generator), batch)


if __name__ == "__main__":
    main()
