/// How a job is to be done, beside its inputs and its time.
public struct JobOptions: Sendable {
    /// −100 to 100; higher goes first.
    public var priority = 0
    /// Kept on the dispatcher's disk until it has ended: it outlives the dispatcher.
    public var isDurable = false
    /// Hear on the way how the job is doing.
    public var wantsUpdates = true
    /// A refusal for now (`busy`, `shutting-down`) is not the end: the job is sent again while its time lasts.
    public var comesAgain = true
    /// The job is cancelled when its caller no longer listens.
    public var isCancelledWithCaller = true

    public init(priority: Int = 0, isDurable: Bool = false, wantsUpdates: Bool = true) {
        self.priority = priority
        self.isDurable = isDurable
        self.wantsUpdates = wantsUpdates
    }
}
