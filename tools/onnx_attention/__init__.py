"""What `compare_with_onnx.py` and `make_onnx_vectors.py` are made of: cases of the operators, and their exact answers.

Letters, everywhere in this folder: B = batch, H = query heads, G = key/value heads, L = queries, P = past keys,
S = keys in all (past and new), D = head size, E = value head size, U = hidden size of additive attention.
"""
