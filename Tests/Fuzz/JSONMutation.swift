import Codecs
import Fleet

/// Changes a few values, keys and elements of one JSON value.
struct JSONMutation {
    private(set) var random: SeededGenerator
    private var value: JSON
    /// What the value holds: names that mean something in one place may in another.
    private var texts: [String] = []
    private var numbers: [JSON] = []

    init(_ value: JSON, random: SeededGenerator) {
        self.value = value
        self.random = random
        collect(value)
    }

    /// One change mostly, so that the rest is still what it has to be; then two, and so on.
    mutating func mutated() -> JSON {
        repeat {
            var place = Int.random(in: 0..<Self.size(of: value), using: &random)
            value = changed(value, at: &place)
        } while chance(1, in: 3)
        return value
    }

    /// The values in a value, itself included: each is as likely to be changed.
    private static func size(of value: JSON) -> Int {
        switch value {
        case .array(let elements): elements.reduce(1) { $0 + size(of: $1) }
        case .object(let object): object.members.reduce(1) { $0 + size(of: $1.value) }
        case .null, .bool, .number, .string: 1
        }
    }

    /// - Parameter place: counts down the values on the way to the one to change.
    private mutating func changed(_ value: JSON, at place: inout Int) -> JSON {
        defer { place -= 1 }
        if place == 0 { return mutated(value) }
        guard place > 0 else { return value }
        place -= 1
        defer { place += 1 }
        switch value {
        case .array(let elements):
            var changed: [JSON] = []
            for element in elements { changed.append(self.changed(element, at: &place)) }
            return .array(changed)
        case .object(var object):
            for key in object.keys { object[key] = changed(object[key] ?? .null, at: &place) }
            return .object(object)
        case .null, .bool, .number, .string: return value
        }
    }

    private mutating func collect(_ value: JSON) {
        switch value {
        case .string(let text): texts.append(text)
        case .number: numbers.append(value)
        case .array(let elements): for element in elements { collect(element) }
        case .object(let object):
            for member in object.members {
                texts.append(member.key)
                collect(member.value)
            }
        case .null, .bool: break
        }
    }

    private mutating func mutated(_ value: JSON) -> JSON {
        switch value {
        case .array(let elements) where !elements.isEmpty && !chance(1, in: 16): .array(mutated(elements))
        case .object(let object) where !object.isEmpty && !chance(1, in: 16): .object(mutated(object))
        case .string(let text) where !chance(1, in: 16): .string(mutated(text))
        case .number(let number) where !chance(1, in: 16): mutated(number)
        default: other()
        }
    }

    private mutating func mutated(_ elements: [JSON]) -> [JSON] {
        var elements = elements
        let place = Int.random(in: 0..<elements.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: elements.remove(at: place)
        case 1: elements.insert(elements[place], at: place)
        case 2: elements.swapAt(place, Int.random(in: 0..<elements.count, using: &random))
        default: elements.insert(other(), at: place)
        }
        return elements
    }

    private mutating func mutated(_ object: JSON.Object) -> JSON.Object {
        var object = object
        guard let key = object.keys.randomElement(using: &random), let value = object[key] else { return object }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: object[key] = nil
        case 1:
            object[key] = nil
            object[text()] = value
        case 2: object[text()] = chance(1, in: 2) ? value : other()
        default:
            // What stood under another key.
            if let donor = object.keys.randomElement(using: &random) { object[key] = object[donor] }
        }
        return object
    }

    private mutating func mutated(_ text: String) -> String {
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1: return self.text()
        case 2: return text + self.text()
        case 3: return String(text.dropLast())
        case 4: return number().text()
        default:
            // Texts hold numbers, lists and types: one character on from what is right is often wrong in a new way.
            var scalars = Array(text.unicodeScalars)
            guard let place = scalars.indices.randomElement(using: &random) else { return self.text() }
            let next = scalars[place].value &+ UInt32.random(in: 0...2, using: &random) &- 1
            scalars[place] = Unicode.Scalar(next) ?? "0"
            return String(String.UnicodeScalarView(scalars))
        }
    }

    private mutating func mutated(_ number: JSON.Number) -> JSON {
        guard let integer = Int(exactly: number), chance(1, in: 2) else { return self.number() }
        return switch Int.random(in: 0..<8, using: &random) {
        case 0..<3: JSON(integer &+ 1)
        case 3..<6: JSON(integer &- 1)
        case 6: JSON(integer &* 2)
        default: JSON(0 &- integer)
        }
    }

    /// A size as they are often, or one that is awkward.
    private mutating func number() -> JSON {
        if chance(1, in: 2) { return JSON(Int.random(in: 0...17, using: &random)) }
        return Self.awkwardNumbers.randomElement(using: &random) ?? 0
    }

    private mutating func text() -> String {
        (chance(1, in: 2) ? texts : Self.awkwardTexts).randomElement(using: &random) ?? ""
    }

    private mutating func other() -> JSON {
        if chance(1, in: 4), let number = numbers.randomElement(using: &random) { return number }
        if chance(1, in: 4) { return number() }
        if chance(1, in: 4) { return .string(text()) }
        return Self.awkwardValues.randomElement(using: &random) ?? .null
    }

    private mutating func chance(_ part: Int, in whole: Int) -> Bool {
        Int.random(in: 0..<whole, using: &random) < part
    }

    private static let awkwardTexts = [
        "", " ", "0", "-1", "+1", "1.0", "1e400", "nan", "inf", "-0", "0x1p-149", "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615", "é", "e\u{301}", "\u{0}", "\u{FFFF}", "\u{10FFFF}", "\r\n", "__metadata__", "true",
        "F16",
        "BF16", "BOOL", "F64", "I64",
    ]

    private static let awkwardNumbers: [JSON] = [
        0, 1, -1, 255, 65_536, 2_147_483_647, -2_147_483_648, 4_294_967_296, 9_007_199_254_740_993, JSON(Int.max),
        JSON(Int.min), JSON(UInt64.max), 0.5, 1e308, 2.3e-308, -0.0,
    ]

    private static let awkwardValues: [JSON] = [
        nil, true, false, "", [], [:], [0, 0], [1, 1, 1], [[]], [[[[[]]]]], ["": nil],
    ]
}
