public import ArgumentParser
public import Fleet

// A value of options: its raw values, listed in --help and told in errors.
extension InferenceStrategy: ExpressibleByArgument {}
