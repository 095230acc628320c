"""The model card: the README.md of a model's folder."""

CARD = """# {title}

A sensor transformer of {parameters} weights that says which of {label_count} a recording shows: {labels}.
Trained by the AttnFleet project; nothing was trained before. Command, from the root of the repository:

    {command}

## Data

{about}

`{name}`, from the package aeon {aeon}; {train_cases} cases to train, {test_cases} to test, split as the archive does.
{url}

No licence of the data comes with the files: the archive publishes them for research and asks to be cited, and aeon (BSD
3-Clause) ships the same. `test.safetensors` is the test split, as recordings to replay: `x` F32 {test_shape}, `y` I32
(places among the labels). To be cited:

{citation}

## Model

`config.json` and `model.safetensors`. Each channel is normalised with the mean and standard deviation of the train
split, the recording is cut into {patches} patches of {patch_length} steps, and all channels of a patch are embedded
together, the input `channel·{patch_length} + step`. {layers} layers of BERT's architecture follow, {hidden} wide, with
{heads} heads; the mean over the patches is classified.

## Accuracy

| on | accuracy | loss (nats) |
|---|---|---|
| test split, {test_cases} cases, this model (seed {seed}) | {test_accuracy:.4f} | {test_loss:.3f} |
| test split, seeds {seeds} | {accuracies} | {losses} |
| {folds}-fold cross-validation inside the train split, {repeats} times | {cross_accuracy:.4f} | {cross_loss:.3f} |

Architecture and training were chosen by cross-validation inside the train split alone (`--search`); the test split was
used for these numbers and nothing else, and the seed was fixed before. PyTorch {torch}, one thread.

## Limits

{limits}
"""


def card(data_set, config, facts):
    """The text, from the configuration and what training found."""
    training = config["training"]
    by_seed = training["test_accuracy_by_seed"]
    return CARD.format(
        title=f"{data_set.name}, sensor transformer",
        name=data_set.name,
        about=data_set.about,
        limits=data_set.limits,
        citation="\n".join(f"> {line}" for line in data_set.citation.splitlines()),
        url=data_set.url,
        labels=", ".join(f"`{label}`" for label in config["label2id"]),
        label_count=len(config["label2id"]),
        patches=config["max_position_embeddings"],
        patch_length=config["patch_length"],
        layers=config["num_hidden_layers"],
        hidden=config["hidden_size"],
        heads=config["num_attention_heads"],
        seed=training["seed"],
        test_accuracy=training["test_accuracy"],
        test_loss=training["test_loss"],
        seeds=" ".join(by_seed),
        accuracies=" ".join(f"{accuracy:.4f}" for accuracy in by_seed.values()),
        losses=" ".join(f"{loss:.3f}" for loss in facts["test_loss_by_seed"]),
        cross_accuracy=training["cross_validation_accuracy"],
        cross_loss=training["cross_validation_loss"],
        folds=training["cross_validation_folds"],
        repeats=training["cross_validation_repeats"],
        train_cases=training["train_cases"],
        test_cases=training["test_cases"],
        torch=training["torch"],
        **{name: facts[name] for name in ("aeon", "command", "parameters", "test_shape")},
    )
