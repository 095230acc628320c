// From readings on sensors' topics to the windows that a model infers from, and to the answers' topics. No clock and no
// transport.
