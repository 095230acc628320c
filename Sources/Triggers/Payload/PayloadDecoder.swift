import Codecs

/// Reads the messages of one trigger.
struct PayloadDecoder: Sendable {
    let format: PayloadFormat
    /// Values in a message.
    let valueCount: Int
    /// Positions of channels by name.
    private let channels: [String: Int]

    /// The longest message that is looked at; a model's longest text is a few kilobytes.
    static let maximumBytes = 1 << 20

    init(format: PayloadFormat, valueCount: Int) {
        self.format = format
        self.valueCount = valueCount
        channels = Dictionary(uniqueKeysWithValues: (format.channel?.names ?? []).enumerated().map { ($1, $0) })
    }

    /// The channel of that name.
    func channel(named name: some StringProtocol) throws(ReadingDefect) -> Int {
        guard let channel = channels[String(name)] else { throw .wrongChannels }
        return channel
    }

    /// Reads a message of numbers.
    /// - Parameter values: gets the `valueCount` finite values; what was there is gone, whatever happens.
    func reading(_ payload: [UInt8], into values: inout [Float]) throws(ReadingDefect) -> DecodedReading {
        values.removeAll(keepingCapacity: true)
        guard payload.count <= Self.maximumBytes else { throw .malformed }
        let reading =
            switch format.encoding {
            case .json(let fields): try json(payload, fields, &values)
            case .csv(let columns, let separator): try csv(payload, columns, separator, &values)
            case .raw(let number): try raw(payload, number, &values)
            case .safetensors(let name): try safetensors(payload, name, &values)
            case .text, .textMember: throw .malformed
            }
        guard values.allSatisfy(\.isFinite) else { throw .notFinite }
        return reading
    }

    /// Reads a message that is a text. An empty text is one.
    func text(_ payload: [UInt8]) throws(ReadingDefect) -> (text: String, time: SensorTime?) {
        guard payload.count <= Self.maximumBytes else { throw .malformed }
        guard case .textMember(let path) = format.encoding else {
            guard let text = String(validating: payload, as: UTF8.self) else { throw .malformed }
            return (text, nil)
        }
        let document = try document(payload)
        guard let text = path.value(in: document)?.stringValue else { throw .malformed }
        return (text, try time(in: document))
    }

    private func document(_ payload: [UInt8]) throws(ReadingDefect) -> JSON {
        do { return try JSON(parsing: payload, limit: Self.maximumBytes) } catch { throw .malformed }
    }

    private func json(
        _ payload: [UInt8], _ fields: [JSONPath], _ values: inout [Float]
    ) throws(ReadingDefect) -> DecodedReading {
        let document = try document(payload)
        for field in fields {
            guard let value = field.value(in: document) else { throw .wrongChannels }
            // What JavaScript writes for NaN and infinities.
            if value.isNull { throw .notFinite }
            guard let number = value.doubleValue else { throw .malformed }
            values.append(Float(number))
        }
        return DecodedReading(time: try time(in: document), channel: try channel(in: document))
    }

    private func time(in document: JSON) throws(ReadingDefect) -> SensorTime? {
        guard let source = format.timestamp, case .member(let path) = source.place else { return nil }
        guard let value = path.value(in: document) else { throw .malformed }
        let time: SensorTime? =
            if let count = value.numberValue.flatMap(Int64.init(exactly:)) {
                source.time(count)
            } else if let count = value.doubleValue {
                source.time(count)
            } else {
                value.stringValue.flatMap { source.time($0) }
            }
        guard let time else { throw .malformed }
        return time
    }

    private func channel(in document: JSON) throws(ReadingDefect) -> Int? {
        guard case .member(let path) = format.channel?.place else { return nil }
        guard let name = path.value(in: document)?.stringValue else { throw .malformed }
        return try channel(named: name)
    }
}
