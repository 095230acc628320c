import ArgumentParser

/// Numbers as an option's value: `3,5`, or `none`.
struct NumberList: ExpressibleByArgument {
    let numbers: [Int]

    init(_ numbers: [Int]) { self.numbers = numbers }

    init?(argument: String) {
        let words = argument == "none" ? [] : argument.split(separator: ",", omittingEmptySubsequences: false)
        numbers = words.compactMap { Int($0) }
        guard numbers.count == words.count else { return nil }
    }

    var defaultValueDescription: String { text }

    var text: String { numbers.isEmpty ? "none" : numbers.map(String.init).joined(separator: ",") }
}
