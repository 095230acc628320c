import Yams

/// Reads how readings become inputs: the key `window`.
struct WindowReader {
    static let keys = ["length", "stride", "channels", "normalisation", "maximum_age", "maximum_gap"]

    private let trigger: YAMLMapping
    private let payload: PayloadFormat

    init(_ trigger: YAMLMapping, payload: PayloadFormat) {
        self.trigger = trigger
        self.payload = payload
    }

    func settings() -> WindowSettings? {
        guard !payload.isText else {
            trigger.refuse("window", because: "has no meaning with text, of which every message is an input")
            return nil
        }
        guard trigger.required("window", "keys with values, 'length' among them") != nil,
            let window = trigger.mapping("window", keys: Self.keys),
            window.required("length", "readings in a window") != nil,
            let length = window.int("length", in: WindowSettings.lengths), let channels = channels(window)
        else { return nil }
        guard length * channels <= WindowSettings.maximumValues else {
            window.note("length", "\(length) × \(channels) values are more than \(WindowSettings.maximumValues)")
            return nil
        }
        return WindowSettings(
            length: length, stride: window.int("stride", in: WindowSettings.lengths) ?? length, channels: channels,
            normalisation: normalisation(window, channels: channels),
            maximumAge: window.duration("maximum_age") ?? Trigger.defaultMaximumAge,
            maximumGap: window.duration("maximum_gap"))
    }

    /// How many there are is known where fields, columns or names are listed.
    private func channels(_ window: YAMLMapping) -> Int? {
        let given = window.int("channels", in: WindowSettings.channelCounts)
        guard let known = listed(window) else {
            return given ?? window.required("channels", "values in a reading").flatMap { _ in nil }
        }
        if let given, given != known {
            window.note("channels", "\(given), but the payload lists \(known)")
            return nil
        }
        return known
    }

    private func listed(_ window: YAMLMapping) -> Int? {
        let values: Int? =
            switch payload.encoding {
            case .json(let fields): fields.count
            case .csv(let columns, _): columns?.count
            case .raw, .safetensors, .text, .textMember: nil
            }
        guard let names = payload.channel?.names.count else { return values }
        if let values, values != 1 {
            trigger.note("payload", "with 'channel' a message has one value, but \(values) are listed")
        }
        return names
    }

    private func normalisation(_ window: YAMLMapping, channels: Int) -> Normalisation {
        guard let node = window.node("normalisation") else { return .model }
        guard node.mapping != nil else {
            let named = window.value("normalisation", expected: "none, zscore, model, or keys 'mean' and 'std'") {
                ["none": Normalisation.none, "zscore": .window, "model": .model][$0]
            }
            return named ?? .none
        }
        guard let fixed = window.mapping("normalisation", keys: ["mean", "std"]),
            let mean = moments(fixed, "mean", channels, expected: "a finite number", { $0.isFinite }),
            let deviation = moments(fixed, "std", channels, expected: "a number above 0", { $0.isFinite && $0 > 0 })
        else { return .none }
        return .fixed(mean: mean, deviation: deviation)
    }

    private func moments(
        _ fixed: YAMLMapping, _ key: String, _ channels: Int, expected: String, _ isValid: (Float) -> Bool
    ) -> [Float]? {
        guard fixed.required(key, "a list of \(channels) numbers, one a channel") != nil,
            let numbers = fixed.elements(key, expected: expected, { Float($0).flatMap { isValid($0) ? $0 : nil } })
        else { return nil }
        guard numbers.count == channels else {
            fixed.note(key, "expected \(channels) numbers, one a channel, found \(numbers.count)")
            return nil
        }
        return numbers
    }
}
