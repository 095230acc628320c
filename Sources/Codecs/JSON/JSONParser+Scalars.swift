// Numbers and strings, RFC 8259 sections 6 and 7.

extension JSONParser {
    mutating func number() throws(JSONError) -> JSON.Number {
        let start = index
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { index += 1 }
        let magnitude = try integerPart()
        let isInteger = try !skipFractionAndExponent()
        guard index - start <= Self.maximumNumberLength else { throw error(.numberTooLong, at: start) }
        if isInteger, let magnitude, let exact = Self.integer(isNegative: isNegative, magnitude: magnitude) {
            return exact
        }
        if let value = shortDecimal(start..<index), let number = JSON.Number(value) { return number }
        // The grammar was checked above, so this can only fail to fit.
        guard let value = Double(String(decoding: bytes[start..<index], as: UTF8.self)), let number = JSON.Number(value)
        else { throw error(.numberOutOfRange, at: start) }
        return number
    }

    /// The value of a number with at most 15 digits and no exponent: its digits and the power of ten that they are divided by
    /// are doubles exactly, so that the quotient is the nearest one (Clinger, How to Read Floating Point Numbers
    /// Accurately, 1990). Nil for any other.
    private func shortDecimal(_ range: Range<Int>) -> Double? {
        guard range.count <= 15 else { return nil }
        var digits: UInt64 = 0
        var power = 1.0
        var isFraction = false
        for byte in bytes[range] {
            switch byte {
            case UInt8(ascii: "-"): break
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits = digits * 10 + UInt64(byte - UInt8(ascii: "0"))
                if isFraction { power *= 10 }
            default: return nil
            }
        }
        let value = Double(digits) / power
        return bytes[range.lowerBound] == UInt8(ascii: "-") ? -value : value
    }

    /// Nil where only a `Double` holds the value: beyond 64 bits, and −0, whose sign an integer would lose.
    private static func integer(isNegative: Bool, magnitude: UInt64) -> JSON.Number? {
        guard isNegative else { return JSON.Number(magnitude) }
        guard magnitude > 0, magnitude <= Int64.min.magnitude else { return nil }
        return JSON.Number(signed: Int64(truncatingIfNeeded: 0 &- magnitude))
    }

    /// Consumes `0` or digits that do not begin with 0.
    /// - Returns: their value; nil if it needs more than 64 bits.
    private mutating func integerPart() throws(JSONError) -> UInt64? {
        let start = index
        var value: UInt64? = 0
        while let digit {
            if let known = value {
                let (tens, overflowTens) = known.multipliedReportingOverflow(by: 10)
                let (sum, overflowSum) = tens.addingReportingOverflow(UInt64(digit))
                value = overflowTens || overflowSum ? nil : sum
            }
            index += 1
        }
        guard index > start else { throw error(next == nil ? .endOfInput : .number) }
        guard bytes[start] != UInt8(ascii: "0") || index == start + 1 else { throw error(.number, at: start) }
        return value
    }

    /// - Returns: whether there was any.
    private mutating func skipFractionAndExponent() throws(JSONError) -> Bool {
        let start = index
        if next == UInt8(ascii: ".") {
            index += 1
            try skipDigits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            index += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
            try skipDigits()
        }
        return index > start
    }

    private mutating func skipDigits() throws(JSONError) {
        guard digit != nil else { throw error(next == nil ? .endOfInput : .number) }
        while digit != nil { index += 1 }
    }

    private var digit: UInt8? {
        guard let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        return byte - UInt8(ascii: "0")
    }
}

extension JSONParser {
    mutating func string() throws(JSONError) -> String {
        let quote = index
        index += 1
        var runStart = index
        // Filled only once an escape is met; most strings have none and are taken from the input as they are.
        var unescaped: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                let run = bytes[runStart..<index]
                index += 1
                let text =
                    unescaped.isEmpty
                    ? String(validating: run, as: UTF8.self)
                    : String(validating: unescaped + run, as: UTF8.self)
                guard let text else { throw error(.invalidUTF8, at: quote) }
                return text
            case UInt8(ascii: "\\"):
                unescaped += bytes[runStart..<index]
                unescaped += String(try escape()).utf8
                runStart = index
            case ..<0x20: throw error(.controlCharacter)
            default: index += 1
            }
        }
        throw error(.endOfInput)
    }

    /// Consumes a backslash and what belongs to it.
    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        let start = index
        index += 1
        guard let byte = next else { throw error(.endOfInput) }
        index += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape(startingAt: start)
        default: throw error(.escape, at: start)
        }
    }

    /// Consumes four hexadecimal digits, and the second half of a surrogate pair.
    private mutating func unicodeEscape(startingAt start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try fourHexDigits(startingAt: start)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), next == UInt8(ascii: "\\") else { throw error(.loneSurrogate, at: start) }
        index += 1
        guard next == UInt8(ascii: "u") else { throw error(.loneSurrogate, at: start) }
        index += 1
        let second = try fourHexDigits(startingAt: index - 2)
        guard UTF16.isTrailSurrogate(second),
            let scalar = Unicode.Scalar(0x1_0000 + UInt32(first - 0xD800) << 10 + UInt32(second - 0xDC00))
        else { throw error(.loneSurrogate, at: start) }
        return scalar
    }

    private mutating func fourHexDigits(startingAt start: Int) throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next else { throw error(.endOfInput) }
            guard let digit = Self.hexValue(byte) else { throw error(.escape, at: start) }
            value = value << 4 | UInt16(digit)
            index += 1
        }
        return value
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
