import DequeModule
import Synchronization

/// A bounded queue between a transport's thread and its one consumer.
///
/// Messages above the bound are dropped and counted, never silently; connection events are never dropped.
/// The bound is in messages and in payload bytes, so that neither many small nor few large messages grow memory.
public final class Mailbox: AsyncSequence, Sendable {
    public typealias Element = TransportEvent

    public struct Limits: Sendable {
        public var messages: Int
        public var bytes: Int
        /// The messages of one topic have bounds of their own within those, so that a flood of them leaves room for others.
        public var topic: TopicLimits?

        /// - Parameters:
        ///   - messages: most messages queued.
        ///   - bytes: most payload bytes queued; one message is always taken, however large.
        public init(messages: Int = 65_536, bytes: Int = 512 << 20, topic: TopicLimits? = nil) {
            self.messages = messages
            self.bytes = bytes
            self.topic = topic
        }
    }

    /// Bounds of one topic's messages.
    public struct TopicLimits: Sendable {
        public var topic: String
        public var messages: Int
        public var bytes: Int

        /// - Parameters: as of `Limits`.
        public init(_ topic: String, messages: Int, bytes: Int) {
            self.topic = topic
            self.messages = messages
            self.bytes = bytes
        }
    }

    /// How much is queued.
    fileprivate struct Load {
        var messages = 0
        var bytes = 0

        func hasRoom(for message: Message, messages most: Int, bytes mostBytes: Int) -> Bool {
            messages < most && (messages == 0 || bytes + message.payload.count <= mostBytes)
        }

        mutating func add(_ message: Message) {
            messages += 1
            bytes += message.payload.count
        }

        mutating func remove(_ message: Message) {
            messages -= 1
            bytes -= message.payload.count
        }
    }

    private struct State {
        var queue = Deque<TransportEvent>()
        var load = Load()
        /// Of it, the topic's with bounds of its own.
        var topicLoad = Load()
        var dropped: UInt64 = 0
        var isFinished = false
        var waiter: CheckedContinuation<TransportEvent?, Never>?
    }

    private let limits: Limits
    private let state = Mutex(State())

    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many messages did not fit and were lost.
    public var dropped: UInt64 { state.withLock { $0.dropped } }

    /// How many messages wait.
    public var count: Int { state.withLock { $0.load.messages } }

    /// Queues an event, or drops and counts it. Callable from any thread; never blocks for long.
    /// - Returns: whether it was taken.
    @discardableResult
    public func send(_ event: TransportEvent) -> Bool {
        let (waiter, taken) = state.withLock { state -> (CheckedContinuation<TransportEvent?, Never>?, Bool) in
            guard !state.isFinished else { return (nil, false) }
            if let waiter = state.waiter {
                state.waiter = nil
                return (waiter, true)
            }
            if case .message(let message) = event {
                guard limits.hasRoom(for: message, state.load, state.topicLoad) else {
                    state.dropped += 1
                    return (nil, false)
                }
                state.load.add(message)
                if limits.topic?.topic == message.topic { state.topicLoad.add(message) }
            }
            state.queue.append(event)
            return (nil, true)
        }
        waiter?.resume(returning: event)
        return taken
    }

    /// Counts a message that its transport had to drop before it could be queued here.
    public func countDropped() { state.withLock { $0.dropped += 1 } }

    /// Lets the consumer take what is queued, then ends its loop.
    public func finish() {
        let waiter = state.withLock { state -> CheckedContinuation<TransportEvent?, Never>? in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    /// The next event; nil once finished and empty, or when the calling task is cancelled.
    public func next() async -> TransportEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> TransportEvent?? in
                    if let event = state.queue.popFirst() {
                        if case .message(let message) = event {
                            state.load.remove(message)
                            if limits.topic?.topic == message.topic { state.topicLoad.remove(message) }
                        }
                        return event
                    }
                    if state.isFinished || Task.isCancelled { return .some(nil) }
                    precondition(state.waiter == nil, "a mailbox has one consumer")
                    state.waiter = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<TransportEvent?, Never>? in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: nil)
        }
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let mailbox: Mailbox

        public mutating func next() async -> TransportEvent? { await mailbox.next() }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(mailbox: self) }
}

extension Mailbox.Limits {
    fileprivate func hasRoom(for message: Message, _ load: Mailbox.Load, _ topicLoad: Mailbox.Load) -> Bool {
        guard load.hasRoom(for: message, messages: messages, bytes: bytes) else { return false }
        guard let topic, topic.topic == message.topic else { return true }
        return topicLoad.hasRoom(for: message, messages: topic.messages, bytes: topic.bytes)
    }
}
