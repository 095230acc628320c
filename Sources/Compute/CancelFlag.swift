import Synchronization

/// Tells a computation on another thread that its result is no longer wanted.
public final class CancelFlag: Sendable {
    private let flag = Atomic(false)

    public init() {}

    public var isSet: Bool { flag.load(ordering: .relaxed) }

    public func set() { flag.store(true, ordering: .relaxed) }
}
