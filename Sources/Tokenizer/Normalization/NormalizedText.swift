/// Text as it comes out of a normalizer: marks in canonical order, nonspacing ones dropped, letters in lower case.
struct NormalizedText {
    private let dropsNonspacingMarks: Bool
    private let lowercases: Bool
    private var bytes: [UInt8] = []
    /// Marks since the last character that keeps its place; in front of the next such they come by their class.
    private var marks: [(combiningClass: UInt8, scalar: Unicode.Scalar)] = []

    init(dropsNonspacingMarks: Bool, lowercases: Bool) {
        self.dropsNonspacingMarks = dropsNonspacingMarks
        self.lowercases = lowercases
    }

    mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(count) }

    /// Appends an ASCII character as it is.
    mutating func append(ascii byte: UInt8) {
        if !marks.isEmpty { putMarksInOrder() }
        bytes.append(byte)
    }

    /// Appends a character of decomposed text.
    mutating func appendDecomposed(_ scalar: Unicode.Scalar) {
        let combiningClass = scalar.referenceCombiningClass
        if combiningClass == 0, !marks.isEmpty { putMarksInOrder() }
        // A mark without a class is dropped too, but those around it stay on their side of it.
        if dropsNonspacingMarks, scalar.isNonspacingMarkForReference { return }
        if combiningClass == 0 { append(scalar) } else { marks.append((combiningClass, scalar)) }
    }

    /// Appends a character, in lower case if asked for.
    mutating func append(_ scalar: Unicode.Scalar) {
        guard lowercases, scalar.properties.changesWhenLowercased else { return bytes.append(contentsOf: scalar.utf8) }
        bytes.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
    }

    /// - Returns: the UTF-8 of all that was appended.
    consuming func finish() -> [UInt8] {
        putMarksInOrder()
        return bytes
    }

    /// Sorts by class; marks of one class keep their order.
    private mutating func putMarksInOrder() {
        let order = marks.indices.sorted { (marks[$0].combiningClass, $0) < (marks[$1].combiningClass, $1) }
        for index in order { append(marks[index].scalar) }
        marks.removeAll(keepingCapacity: true)
    }

}
