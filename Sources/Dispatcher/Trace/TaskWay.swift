/// A task's way to its worker and back, in microseconds since its job came, by the dispatcher's clock.
struct TaskWay: Equatable {
    var sent: Int
    /// The worker has it.
    var arrived: Int
    var begun: Int
    var computed: Int
    /// The dispatcher has its result.
    var received: Int

    /// What a message costs however small, as so many bytes more: half a round trip of some milliseconds on a slow link, of
    /// tenths on a fast one.
    static let bytesOfMessage = 32_768.0

    /// Puts what a worker measured between the times at which the dispatcher sent and received.
    ///
    /// Of the worker's clock only durations are taken: how long the task waited there and was computed. The rest was spent on
    /// the two ways, which nobody measures apart: each gets the share that its bytes are of both, 32 KiB added to each.
    /// Durations that exceed the time away, as those of a clock that runs fast, are cut, the waiting first.
    init(sent: Int, received: Int, queued: Int, computing: Int, bytesSent: Int, bytesReceived: Int) {
        let away = received - sent
        let computing = min(computing, away)
        let queued = min(queued, away - computing)
        let ways = away - computing - queued
        let (there, back) = (Self.bytesOfMessage + Double(bytesSent), Self.bytesOfMessage + Double(bytesReceived))
        self.sent = sent
        arrived = sent + min(Int((Double(ways) * there / (there + back)).rounded()), ways)
        begun = arrived + queued
        computed = begun + computing
        self.received = received
    }

    /// As it was predicted.
    /// - Returns: nil unless each time comes after the one before.
    init?(sent: Int, arrived: Int, begun: Int, computed: Int, received: Int) {
        guard sent <= arrived, arrived <= begun, begun <= computed, computed <= received else { return nil }
        (self.sent, self.arrived, self.begun) = (sent, arrived, begun)
        (self.computed, self.received) = (computed, received)
    }

    enum Phase: String, CaseIterable {
        case there = "task on its way"
        case waiting
        case computing
        case back = "result on its way"
    }

    func range(of phase: Phase) -> Range<Int> {
        switch phase {
        case .there: sent..<arrived
        case .waiting: arrived..<begun
        case .computing: begun..<computed
        case .back: computed..<received
        }
    }
}
