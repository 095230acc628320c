/// How the sensors write their readings.
enum BenchFormat: String, CaseIterable {
    case json
    case csv
    case raw

    private var payloadSection: String {
        switch self {
        case .json:
            "{format: json, fields: [a.x, a.y, a.z, g.x, g.y, g.z], timestamp: {field: t}}"
        case .csv: "{format: csv, columns: [2, 3, 4, 5, 6, 7], timestamp: {field: 1}}"
        case .raw: "{format: raw, type: f32}"
        }
    }

    /// As `config/triggers/basic-motions.yaml`.
    var trigger: String {
        """
        name: bench
        topic: sensors/+/motion
        payload: \(payloadSection)
        window: {length: 100, stride: 50, channels: 6, normalisation: zscore, maximum_age: 60s, maximum_gap: 2s}
        model: bench
        result:
          topic: inference/{1}/activity
        """
    }

    /// The reading of that number: six values as a sensor may send them.
    func payload(_ number: Int) -> [UInt8] {
        let values = (0..<6).map { Float(number * 7 + $0 * 13).truncatingRemainder(dividingBy: 17) * 0.61803 }
        let text = values.map(\.description)
        return switch self {
        case .json:
            Array(
                """
                {"t": \(number), "a": {"x": \(text[0]), "y": \(text[1]), "z": \(text[2])}, \
                "g": {"x": \(text[3]), "y": \(text[4]), "z": \(text[5])}}
                """.utf8)
        case .csv: Array("\(number),\(text.joined(separator: ","))\n".utf8)
        case .raw: values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } }
        }
    }
}
