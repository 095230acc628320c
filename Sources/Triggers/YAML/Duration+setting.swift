extension Duration {
    /// The longest that a setting may be.
    private static let longestSetting = 366 * 86_400.0

    /// A number and its unit, `ms`, `s`, `m`, `h` or `d`, without one in seconds. Nil unless above 0 and at most 366 days.
    init?(setting text: String) {
        let number = text.prefix { $0.isNumber || $0 == "." }
        let unit = text.dropFirst(number.count).drop { $0 == " " }
        let scales: [Substring: Double] = ["ms": 0.001, "s": 1, "": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let count = Double(number), let scale = scales[unit] else { return nil }
        let seconds = count * scale
        guard seconds <= Self.longestSetting, seconds >= 1e-6 else { return nil }
        self = .seconds(seconds)
    }
}
