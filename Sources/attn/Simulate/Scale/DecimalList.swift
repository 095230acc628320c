import ArgumentParser

/// Numbers as an option's value, such as `4,1,0.25`; taken in turn.
struct DecimalList: ExpressibleByArgument {
    let numbers: [Double]

    init(_ numbers: [Double]) { self.numbers = numbers }

    init?(argument: String) {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        numbers = words.compactMap { Double($0) }
        guard numbers.count == words.count else { return nil }
    }

    var defaultValueDescription: String { numbers.map { "\($0)" }.joined(separator: ",") }

    subscript(index: Int) -> Double { numbers[index % numbers.count] }
}
