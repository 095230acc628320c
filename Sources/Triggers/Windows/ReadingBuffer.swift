import Fleet

/// The readings of one sensor that the next window may need, in the order of their times: never more than a window's
/// length, in memory that is allocated once.
///
/// Readings may come in any order so long as they are newer than the newest of the last window. The windows are then the
/// same as if they had come in order: window k has the readings k·stride ..< k·stride + length of those taken since the
/// start or the last gap.
///
/// Not a ring: a window is copied out anyway when it is full, and moving what stays costs no more than that.
struct ReadingBuffer: Sendable {
    enum Outcome: Equatable {
        case taken
        /// Taken as the first reading after a gap: what was there is gone.
        case takenAfterGap
        /// There is one of that time.
        case duplicate
        /// Not newer than the newest of the last window, or too long before all that is there.
        case late
    }

    /// In nanoseconds, ascending.
    private var times: [Int64] = []
    /// `[readings][channels]`.
    private var values: [Float] = []
    /// The newest time that windows are done with.
    private var closedThrough: Int64?
    /// Readings still to leave out before the next window, where the stride is longer than a window.
    private var toSkip = 0

    /// Readings held.
    var count: Int { times.count }

    /// Whether `takeWindow` may be called.
    func isFull(_ window: WindowSettings) -> Bool { times.count == window.length }

    /// The time of a reading that names none: when it came, or just after the newest if the clock has not moved since.
    func distinct(_ arrival: SensorTime) -> SensorTime {
        guard let newest = times.last ?? closedThrough else { return arrival }
        return SensorTime(clamping: max(arrival.nanoseconds, newest + 1))
    }

    /// Takes a reading in, unless the buffer is full: then `takeWindow` comes first.
    /// - Parameter reading: a value of each channel.
    mutating func insert(_ reading: [Float], at time: SensorTime, _ window: WindowSettings) -> Outcome {
        let time = time.nanoseconds
        if times.capacity == 0 { reserve(window) }
        if let closedThrough, time <= closedThrough {
            return time == closedThrough || holds(time) ? .duplicate : .late
        }
        guard let newest = times.last ?? closedThrough, time <= newest else { return append(reading, time, window) }
        return insertBefore(newest: newest, reading, time, window)
    }

    /// The readings of a full buffer; those that the next window does not share are dropped.
    /// - Returns: `[channels][length]`, and the times of the first and the last reading.
    mutating func takeWindow(_ window: WindowSettings) -> (values: [Float], start: SensorTime, end: SensorTime) {
        precondition(isFull(window), "a window needs \(window.length) readings, and there are \(times.count)")
        let (length, channels) = (window.length, window.channels)
        let transposed = [Float](unsafeUninitializedCapacity: length * channels) { output, initialized in
            for row in 0..<length {
                for channel in 0..<channels { output[channel * length + row] = values[row * channels + channel] }
            }
            initialized = length * channels
        }
        let (start, end) = (times[0], times[length - 1])
        closedThrough = end
        let dropped = min(window.stride, length)
        toSkip = window.stride - dropped
        times.removeFirst(dropped)
        values.removeFirst(dropped * channels)
        return (transposed, SensorTime(clamping: start), SensorTime(clamping: end))
    }

    private mutating func reserve(_ window: WindowSettings) {
        times.reserveCapacity(window.length)
        values.reserveCapacity(window.length * window.channels)
    }

    /// Takes in a reading newer than all before.
    private mutating func append(_ reading: [Float], _ time: Int64, _ window: WindowSettings) -> Outcome {
        var outcome = Outcome.taken
        if let newest = times.last ?? closedThrough, isGap(from: newest, to: time, window) {
            times.removeAll(keepingCapacity: true)
            values.removeAll(keepingCapacity: true)
            toSkip = 0
            closedThrough = newest
            outcome = .takenAfterGap
        }
        if toSkip > 0 {
            toSkip -= 1
            closedThrough = time
        } else {
            times.append(time)
            values.append(contentsOf: reading)
        }
        return outcome
    }

    /// Takes in a reading that comes out of order, if its time is not there.
    private mutating func insertBefore(
        newest: Int64, _ reading: [Float], _ time: Int64, _ window: WindowSettings
    ) -> Outcome {
        let position = self.position(of: time)
        guard position == times.count || times[position] != time else { return .duplicate }
        // Before the first, it is of this run of readings only if it is no gap away.
        if position == 0, isGap(from: time, to: times[0], window) { return .late }
        times.insert(time, at: position)
        values.insert(contentsOf: reading, at: position * window.channels)
        return .taken
    }

    private func isGap(from earlier: Int64, to later: Int64, _ window: WindowSettings) -> Bool {
        window.maximumGap.map { later - earlier > $0.nanoseconds } ?? false
    }

    private func holds(_ time: Int64) -> Bool {
        let position = self.position(of: time)
        return position < times.count && times[position] == time
    }

    /// The first position whose time is not before `time`.
    private func position(of time: Int64) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
