"""What `train_sensor_transformer.py` and `make_sensor_vectors.py` are made of: data, model, recipes, training, files.

Letters, everywhere in this folder: B = batch (cases), C = channels, L = length (steps of a recording), S = steps of a
patch, P = patches (L / S), D = hidden size.
"""
