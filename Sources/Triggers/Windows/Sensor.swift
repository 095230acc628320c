import Fleet

/// What is kept of one sensor of one trigger.
struct Sensor: Sendable {
    /// What the topic's wildcards stand for, without that of the channel, between slashes; the topic if there are none.
    let id: String
    /// Of its first message.
    let topic: String
    /// When the last of its readings that was taken came.
    var lastTaken: Instant
    var readings = ReadingBuffer()
    var assembly = ReadingAssembly()
    /// Its window that waits.
    var waiting: WindowID?
    /// Whether Home Assistant has been told of it.
    var isAnnounced = false

    init(id: String, topic: String, at now: Instant) {
        self.id = id
        self.topic = topic
        lastTaken = now
    }
}
