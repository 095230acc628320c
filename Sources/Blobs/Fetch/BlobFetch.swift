public import Fleet

/// Brings one blob over in parts: what to ask for next, what has come, when to ask again, when to give up.
///
/// Parts may be lost, doubled, reordered or of another length than asked for. A few are asked for at a time, so that
/// neither the broker's queue nor a small device's memory fills, and heartbeats get through in between. No clock and no
/// bytes: those are the caller's.
public struct BlobFetch: Sendable {
    public struct Settings: Sendable {
        /// Bytes asked for at a time.
        public var partBytes = 256 << 10
        /// Parts asked for and not yet there.
        public var window = 8
        /// After which a part is asked for again.
        public var resend = Duration.seconds(2)
        /// The longest without a part that was not there yet.
        public var patience = Duration.seconds(30)
        /// The largest blob taken.
        public var largest: Int

        public init(largest: Int) { self.largest = largest }
    }

    public enum Action: Sendable, Equatable {
        case ask(offset: Int, length: Int)
        /// The blob's size is known: make room.
        case makeRoom(Int)
        /// Keep this part.
        case write(offset: Int, count: Int)
        /// All parts are there: check the digest.
        case complete
        case fail(String)
    }

    private let settings: Settings
    private var size: Int?
    /// For each part whether it is there.
    private var isThere: [Bool] = []
    private var left = 0
    /// The first part that was never asked for.
    private var next = 0
    /// Parts asked for, and when.
    private var asked: [Int: Instant] = [:]
    private var lastNews: Instant
    private var isOver = false

    /// The first thing to do is what `tick` says.
    public init(_ settings: Settings, at now: Instant) {
        self.settings = settings
        lastNews = now
    }

    /// When `tick` is next needed; nil once it is over.
    public var nextTick: Instant? {
        guard !isOver else { return nil }
        let resend = asked.values.min()?.advanced(by: settings.resend)
        return min(resend ?? lastNews, lastNews.advanced(by: settings.patience))
    }

    /// Asks for what is due.
    public mutating func tick(at now: Instant) -> [Action] {
        guard !isOver else { return [] }
        if lastNews.advanced(by: settings.patience) <= now {
            return fail("no part of it came for \(settings.patience)")
        }
        var actions: [Action] = []
        for (part, since) in asked where since.advanced(by: settings.resend) <= now {
            asked[part] = now
            actions.append(ask(part))
        }
        if size == nil, asked.isEmpty {
            asked[0] = now
            actions.append(ask(0))
        }
        return actions + fill(now)
    }

    /// A part has come, of a blob of `size`; nil: the other side does not have it.
    public mutating func received(offset: Int, count: Int, of size: Int?, at now: Instant) -> [Action] {
        guard !isOver else { return [] }
        guard let size else { return fail("the dispatcher does not have it") }
        var actions: [Action] = []
        if self.size == nil {
            guard size >= 1, size <= settings.largest else {
                return fail("it has \(size) bytes, and \(settings.largest) is the most taken")
            }
            begin(size)
            actions.append(.makeRoom(size))
        }
        guard size == self.size else { return fail("its size was \(self.size ?? 0), and is now \(size)") }
        let part = offset / settings.partBytes
        // A part of another shape than was asked for is worth nothing, and is asked for again when its time is up.
        guard offset >= 0, offset.isMultiple(of: settings.partBytes), isThere.indices.contains(part),
            count == length(of: part), !isThere[part]
        else { return actions + fill(now) }
        isThere[part] = true
        left -= 1
        asked[part] = nil
        lastNews = now
        actions.append(.write(offset: offset, count: count))
        guard left == 0 else { return actions + fill(now) }
        isOver = true
        return actions + [.complete]
    }

    private mutating func begin(_ size: Int) {
        self.size = size
        isThere = Array(repeating: false, count: (size + settings.partBytes - 1) / settings.partBytes)
        left = isThere.count
        next = 1
    }

    /// Asks for parts that were never asked for, up to the window.
    private mutating func fill(_ now: Instant) -> [Action] {
        var actions: [Action] = []
        while size != nil, asked.count < settings.window, next < isThere.count {
            asked[next] = now
            actions.append(ask(next))
            next += 1
        }
        return actions
    }

    private func ask(_ part: Int) -> Action { .ask(offset: part * settings.partBytes, length: length(of: part)) }

    private func length(of part: Int) -> Int {
        min(settings.partBytes, (size ?? .max) - part * settings.partBytes)
    }

    private mutating func fail(_ reason: String) -> [Action] {
        isOver = true
        return [.fail(reason)]
    }
}
