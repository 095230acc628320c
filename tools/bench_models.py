#!/usr/bin/env python3
"""Times a BERT model for one text: attn, PyTorch and onnxruntime in turn, one thread each, in one run.

    pip install torch transformers onnx onnxruntime
    make release
    python3 tools/bench_models.py --model models/all-MiniLM-L6-v2 [--tokens 16 128 512] [--runs 40] [--json FILE]

Each round gives one run to each of the three, so that all see the same machine; medians are compared. The input is token
numbers: tokenising is not measured. The same weights, attention included: PyTorch runs transformers' BertModel with
scaled_dot_product_attention, onnxruntime its export with all graph optimisations.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import onnxruntime
import torch
import transformers


def torch_model(folder, threads):
    torch.set_num_threads(threads)
    return transformers.BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="sdpa").eval()


def onnx_session(model, threads, folder):
    class Wrapped(torch.nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, input_ids, attention_mask):
            return self.inner(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    path = os.path.join(folder, "model.onnx")
    example = (torch.ones(1, 16, dtype=torch.long), torch.ones(1, 16, dtype=torch.long))
    eager = transformers.BertModel(model.config)
    eager.load_state_dict(model.state_dict(), strict=False)
    eager.set_attn_implementation("eager")
    torch.onnx.export(
        Wrapped(eager.eval()), example, path, input_names=["input_ids", "attention_mask"], output_names=["y"],
        dynamic_axes={"input_ids": {1: "t"}, "attention_mask": {1: "t"}}, opset_version=17, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--tokens", type=int, nargs="+", default=[16, 128, 512])
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--attn", default=".build/release/attn")
    parser.add_argument("--weights", default="float32", help="float32, float16 or int8, of attn")
    parser.add_argument("--json", metavar="FILE", help="write the table there, too")
    arguments = parser.parse_args()

    model = torch_model(arguments.model, arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        session = onnx_session(model, arguments.threads, folder)
        attn = subprocess.Popen(
            [arguments.attn, "bench", "model", "--model", arguments.model, "--threads", str(arguments.threads),
             "--weights", arguments.weights, "--stdin"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def run_attn(tokens):
            attn.stdin.write(f"{tokens}\n")
            attn.stdin.flush()
            return float(attn.stdout.readline())

        def timed(body):
            start = time.perf_counter()
            body()
            return time.perf_counter() - start

        table = []
        for tokens in arguments.tokens:
            ids = torch.randint(0, model.config.vocab_size, (1, tokens))
            mask = torch.ones_like(ids)
            feeds = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
            times = {"attn": [], "torch": [], "onnxruntime": []}
            with torch.inference_mode():
                for run in range(arguments.runs + 3):
                    one = {
                        "attn": run_attn(tokens),
                        "torch": timed(lambda: model(input_ids=ids, attention_mask=mask)),
                        "onnxruntime": timed(lambda: session.run(None, feeds)),
                    }
                    if run >= 3:
                        for name, value in one.items():
                            times[name].append(value)
            medians = {name: statistics.median(values) for name, values in times.items()}
            ratio = medians["attn"] / min(medians["torch"], medians["onnxruntime"])
            table.append({"tokens": tokens, **{f"{name}_s": value for name, value in medians.items()}, "ratio": ratio})
        attn.stdin.close()
        attn.wait()
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"weights": arguments.weights, "threads": arguments.threads, "rows": table}, file, indent=1)
    print(f"{'tokens':>6} {'attn':>10} {'torch':>10} {'onnxruntime':>12}   attn / the faster")
    for row in table:
        print(f"{row['tokens']:>6} {row['attn_s']*1000:>7.2f} ms {row['torch_s']*1000:>7.2f} ms "
              f"{row['onnxruntime_s']*1000:>9.2f} ms   {row['ratio']:.2f}")


if __name__ == "__main__":
    main()
