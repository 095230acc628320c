public import ArgumentParser
public import Dispatcher

// A value of options: its raw values, listed in --help and told in errors.
extension WireFormat: ExpressibleByArgument {}
