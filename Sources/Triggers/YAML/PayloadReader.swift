import Fleet
import Yams

/// Reads what messages carry: the key `payload`.
struct PayloadReader {
    enum Format: String, CaseIterable {
        case json, csv, raw, safetensors, text
    }

    static let keys = [
        "format", "fields", "text", "columns", "separator", "type", "tensor", "timestamp", "channel",
    ]
    /// The keys that each format has beside `format`.
    private static let keysOfFormat: [Format: Set<String>] = [
        .json: ["fields", "text", "timestamp", "channel"], .csv: ["columns", "separator", "timestamp", "channel"],
        .raw: ["type", "channel"], .safetensors: ["tensor", "timestamp", "channel"], .text: [],
    ]

    private let trigger: YAMLMapping
    private let topic: TopicPattern?

    init(_ trigger: YAMLMapping, topic: TopicPattern?) {
        self.trigger = trigger
        self.topic = topic
    }

    func format() -> PayloadFormat? {
        guard trigger.required("payload", "keys with values, 'format' among them") != nil,
            let payload = trigger.mapping("payload", keys: Self.keys)
        else { return nil }
        let names = Format.allCases.map(\.rawValue).joined(separator: ", ")
        guard payload.required("format", "one of \(names)") != nil, let format = payload.choice("format", Format.self)
        else { return nil }
        for key in Self.keys where key != "format" && Self.keysOfFormat[format]?.contains(key) == false {
            if payload.node(key) != nil { payload.note(key, "has no meaning with format \(format.rawValue)") }
        }
        guard let encoding = encoding(format, payload) else { return nil }
        return PayloadFormat(
            encoding: encoding, timestamp: timestamp(format, payload), channel: channel(format, payload))
    }

    private func encoding(_ format: Format, _ payload: YAMLMapping) -> PayloadFormat.Encoding? {
        switch format {
        case .json: return json(payload)
        case .csv:
            let separator = payload.value("separator", expected: "one ASCII character", Self.separator)
            return .csv(columns: columns(payload), separator: separator ?? UInt8(ascii: ","))
        case .raw:
            let names = RawNumber.allCases.map(\.rawValue).joined(separator: ", ")
            guard payload.required("type", "one of \(names)") != nil else { return nil }
            return payload.choice("type", RawNumber.self).map { .raw($0) }
        case .safetensors: return .safetensors(tensor: payload.string("tensor"))
        case .text: return .text
        }
    }

    private func json(_ payload: YAMLMapping) -> PayloadFormat.Encoding? {
        if let path = payload.value("text", expected: JSONPath.rule, { JSONPath($0) }) {
            payload.refuse("fields", "channel", because: "has no meaning beside 'text'")
            return .textMember(path)
        }
        guard payload.required("fields", "a list of paths, or 'text' with one") != nil,
            let fields = payload.elements("fields", expected: JSONPath.rule, { JSONPath($0) })
        else { return nil }
        guard WindowSettings.channelCounts.contains(fields.count) else {
            payload.note("fields", "expected 1 to \(WindowSettings.channelCounts.upperBound) paths")
            return nil
        }
        return .json(fields: fields)
    }

    /// Counted from 1 in the file.
    private func columns(_ payload: YAMLMapping) -> [Int]? {
        payload.elements("columns", expected: "a column from 1 to 4096", Self.column)
    }

    private static func column(_ text: String) -> Int? {
        Int(text).flatMap { (1...4096).contains($0) ? $0 - 1 : nil }
    }

    /// What no number has in it.
    private static func separator(_ text: String) -> UInt8? {
        guard text.utf8.count == 1, let byte = text.utf8.first, !"0123456789+-.eE\n\r".utf8.contains(byte)
        else { return nil }
        return byte < 0x80 ? byte : nil
    }

    private func timestamp(_ format: Format, _ payload: YAMLMapping) -> TimestampSource? {
        guard let timestamp = payload.mapping("timestamp", keys: ["field", "unit"]) else { return nil }
        let unit = timestamp.choice("unit", TimestampSource.Unit.self) ?? .seconds
        let place: TimestampSource.Place?
        switch format {
        case .json:
            place = timestamp.requiredValue("field", expected: JSONPath.rule) { JSONPath($0).map { .member($0) } }
        case .csv:
            place = timestamp.requiredValue("field", expected: "a column from 1 to 4096") {
                Self.column($0).map { .column($0) }
            }
        case .safetensors: place = timestamp.requiredValue("field", expected: "a key of the metadata") { .metadata($0) }
        case .raw, .text: place = nil
        }
        return place.map { TimestampSource(place: $0, unit: unit) }
    }

    private func channel(_ format: Format, _ payload: YAMLMapping) -> ChannelSource? {
        guard let channel = payload.mapping("channel", keys: ["wildcard", "field", "names"]) else { return nil }
        guard channel.required("names", "the channels' names in the model's order") != nil,
            let names = channel.elements("names", expected: "a name", { $0.isEmpty ? nil : $0 })
        else { return nil }
        guard Set(names).count == names.count, WindowSettings.channelCounts.contains(names.count) else {
            channel.note("names", "expected 1 to \(WindowSettings.channelCounts.upperBound) different names")
            return nil
        }
        return place(of: channel, format).map { ChannelSource(place: $0, names: names) }
    }

    private func place(of channel: YAMLMapping, _ format: Format) -> ChannelSource.Place? {
        if channel.node("field") != nil {
            channel.refuse("wildcard", because: "has no meaning beside 'field'")
            guard format == .json else {
                channel.note("field", "only JSON has fields; expected 'wildcard'")
                return nil
            }
            return channel.value("field", expected: JSONPath.rule) { JSONPath($0).map { .member($0) } }
        }
        guard channel.required("wildcard", "the number of a wildcard, or 'field' with a path") != nil,
            let topic, topic.wildcardCount > 0
        else {
            if topic?.wildcardCount == 0 { channel.note("wildcard", "the topic has no wildcard") }
            return nil
        }
        guard let number = channel.int("wildcard", in: 1...topic.wildcardCount) else { return nil }
        guard !topic.isRest(number) else {
            channel.note("wildcard", "'#' stands for several levels; expected the number of a '+'")
            return nil
        }
        return .wildcard(number)
    }
}
