import Codecs

/// One line of a trace, as the trace-event format has it: times in microseconds, numbers for processes and threads.
struct TraceEvent: Equatable {
    enum Kind: Equatable {
        /// Lies on its thread from its time on; within another or apart from it, never across its end.
        case slice(duration: Int)
        case instant
        /// Its arguments are values from its time on.
        case counter
        /// An arrow between the slices that are under way at its ends.
        case arrowBegin(Int)
        case arrowEnd(Int)
        /// A name, or a place among others.
        case metadata
    }

    var kind: Kind
    var name: String
    var category = ""
    var time = 0
    var process: Int
    var thread: Int
    /// Pairs, since there may be hundreds of thousands.
    var arguments: [(String, JSON)] = []

    static func == (a: TraceEvent, b: TraceEvent) -> Bool { a.json == b.json }
}

extension TraceEvent {
    var duration: Int { if case .slice(let duration) = kind { duration } else { 0 } }

    var end: Int { time + duration }

    /// Names first, then by time; what begins together from the outside to the inside, and then what refers to it.
    func isBefore(_ other: TraceEvent) -> Bool {
        if (kind == .metadata) != (other.kind == .metadata) { return kind == .metadata }
        if time != other.time { return time < other.time }
        if isSlice != other.isSlice { return isSlice }
        return duration > other.duration
    }

    var isSlice: Bool { if case .slice = kind { true } else { false } }

    var json: JSON {
        var json: JSON.Object = ["ph": .string(phase), "name": .string(name)]
        if !category.isEmpty { json["cat"] = .string(category) }
        if kind != .metadata { json["ts"] = JSON(time) }
        switch kind {
        case .slice(let duration): json["dur"] = JSON(duration)
        case .instant: json["s"] = "p"
        case .arrowBegin(let id): json["id"] = JSON(id)
        case .arrowEnd(let id):
            json["id"] = JSON(id)
            // To the slice around its end, not to the next one.
            json["bp"] = "e"
        case .counter, .metadata: break
        }
        json["pid"] = JSON(process)
        json["tid"] = JSON(thread)
        if !arguments.isEmpty { json["args"] = .object(JSON.Object(arguments)) }
        return .object(json)
    }

    private var phase: String {
        switch kind {
        case .slice: "X"
        case .instant: "i"
        case .counter: "C"
        case .arrowBegin: "s"
        case .arrowEnd: "f"
        case .metadata: "M"
        }
    }
}
