"""The sensor transformer: patches of all channels, embedded as BERT embeds tokens, through BERT's encoder.

    x̂ = (x − channel_mean) / channel_std                          [B][C][L]
    patch p = x̂[c][p·S + s] at place c·S + s                      [B][P][C·S]
    h₀ = LayerNorm(patch Wᵀ + b + position_embeddings[p])         [B][P][D]
    h  = BERT's layers, `encoder.layer.N.…`                       [B][P][D]
    logits = mean over p of h, through `classifier`               [B][labels]

The layers are those of transformers, so that names and arithmetic are BERT's. Other than BERT there is no pooler and
no token type, and every patch is attended to.
"""

import torch
from torch import nn
from transformers import BertConfig
from transformers.models.bert.modeling_bert import BertEncoder


class PatchEmbeddings(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.patch_length = config["patch_length"]
        self.patch = nn.Linear(config["num_channels"] * self.patch_length, config["hidden_size"])
        self.position_embeddings = nn.Embedding(config["max_position_embeddings"], config["hidden_size"])
        nn.init.normal_(self.position_embeddings.weight, std=0.02)
        self.LayerNorm = nn.LayerNorm(config["hidden_size"], eps=config["layer_norm_eps"])
        self.dropout = nn.Dropout(config["hidden_dropout_prob"])
        for name in ("channel_mean", "channel_std"):
            # Constants of the configuration, not weights: kept out of the state.
            self.register_buffer(name, torch.tensor(config[name])[:, None], persistent=False)

    def normalized(self, x):
        return (x - self.channel_mean) / self.channel_std

    def forward(self, normalized):
        # [B][C][L] → [B][C][P][S] → [B][P][C][S] → [B][P][C·S]
        patches = normalized.unfold(2, self.patch_length, self.patch_length).transpose(1, 2).flatten(2)
        return self.dropout(self.LayerNorm(self.patch(patches) + self.position_embeddings.weight))


class SensorTransformer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embeddings = PatchEmbeddings(config)
        self.encoder = BertEncoder(encoder_config(config))
        self.classifier = nn.Linear(config["hidden_size"], len(config["id2label"]))

    def forward(self, normalized):
        """The logits of recordings that `embeddings.normalized` has seen."""
        return self.classifier(self.hidden_states(normalized)[-1].mean(1))

    def hidden_states(self, normalized):
        """After the embedding and after every layer: each [B][P][D]."""
        states = [self.embeddings(normalized)]
        for layer in self.encoder.layer:
            states.append(layer(states[-1]))
        return states


def encoder_config(config):
    names = [
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "intermediate_size",
        "hidden_act",
        "layer_norm_eps",
        "hidden_dropout_prob",
        "attention_probs_dropout_prob",
    ]
    return BertConfig(**{name: config[name] for name in names}, attn_implementation="eager")
