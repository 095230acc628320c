import DequeModule

/// Windows on their way to the fleet, gathered into jobs.
///
/// While fewer jobs are out than may be, a window is a job by itself; while as many are, those that come wait and then go
/// together. So a lone sensor does not wait for others, and ten thousand do not cost a message each.
public struct WindowBatches: Sendable {
    /// Windows that one job can hold together.
    private struct Kind: Hashable {
        let model: String
        /// Nil for texts.
        let shape: [Int]?
        let isNormalisedByModel: Bool

        init(_ window: WindowJob) {
            model = window.model
            isNormalisedByModel = window.isNormalisedByModel
            if case .tensor(_, let channels, let length) = window.input {
                shape = [channels, length]
            } else {
                shape = nil
            }
        }
    }

    /// Most windows in a job.
    private let mostWindows: Int
    /// Jobs that may be out at a time.
    public var capacity = 0
    private var out = 0
    private var waiting: [Kind: Deque<WindowJob>] = [:]
    /// Kinds of which windows wait, the one whose turn is next first.
    private var turns = Deque<Kind>()

    public init(mostWindows: Int = 16) { self.mostWindows = mostWindows }

    /// Windows that may be on their way, so that every job can be full.
    public var windowCapacity: Int { capacity * mostWindows }

    public mutating func add(_ window: WindowJob) {
        let kind = Kind(window)
        if waiting[kind] == nil { turns.append(kind) }
        waiting[kind, default: []].append(window)
    }

    /// The next job's windows, oldest first, not more than one job can hold; nil while none may go.
    public mutating func next() -> [WindowJob]? {
        guard out < capacity, let kind = turns.popFirst(), var queue = waiting.removeValue(forKey: kind) else {
            return nil
        }
        let windows = Array(queue.prefix(mostWindows))
        queue.removeFirst(windows.count)
        if !queue.isEmpty {
            waiting[kind] = queue
            turns.append(kind)
        }
        out += 1
        return windows
    }

    /// A job has ended.
    public mutating func ended() { out -= 1 }
}
