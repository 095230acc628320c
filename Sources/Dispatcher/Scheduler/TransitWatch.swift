import Fleet

/// How long messages take on their way lately: the longest of the last half a minute or so.
struct TransitWatch {
    private static let memory = Duration.seconds(30)

    private var longest = Duration.zero
    private var noted = Instant(nanoseconds: .min)

    mutating func note(_ transit: Duration, _ now: Instant) {
        guard transit >= longest || isOld(now) else { return }
        longest = transit
        noted = now
    }

    func longest(_ now: Instant) -> Duration { isOld(now) ? .zero : longest }

    private func isOld(_ now: Instant) -> Bool { noted.nanoseconds < now.nanoseconds - Self.memory.nanoseconds }
}
