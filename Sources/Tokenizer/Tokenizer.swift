// Text to the numbers that a model reads, as the reference tokenizers do it. For clients and dispatchers: workers get
// numbers.
