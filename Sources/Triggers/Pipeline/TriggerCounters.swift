import Codecs

/// How often what happened to a trigger since the pipeline's start.
///
/// Messages: `received` is `used`, each kind of `dropped`, and those that wait for their reading's other channels.
/// Windows: `ready` is those waiting and in flight, and each kind of end from `published` to `failed`.
public struct TriggerCounters: Sendable, Equatable {
    public var received = 0
    public var used = 0
    public var dropped: [DroppedReading: Int] = [:]
    /// Times that a window started anew, as too much time had passed between two readings.
    public var gaps = 0
    /// Sensors forgotten, since nothing was heard of them.
    public var forgotten = 0

    public var ready = 0
    public var published = 0
    /// After the deadline, with the status `late`.
    public var publishedLate = 0
    /// At the deadline, with the status `partial`.
    public var publishedPartial = 0
    /// Given up for a newer window of the same sensor, while they waited.
    public var replaced = 0
    /// Given up as too many windows waited.
    public var overflowed = 0
    /// Given up at their deadline, waiting or in flight.
    public var expired = 0
    /// That the fleet could not infer from.
    public var failed = 0
    /// Whose result topic is none that may be published to.
    public var unpublishable = 0

    /// Answers to windows whose deadline had passed.
    public var answersTooLate = 0

    /// Messages dropped, of whatever kind.
    public var droppedInAll: Int { dropped.values.reduce(0, +) }

    /// Windows that came to an end, of whatever kind.
    public var ended: Int {
        published + publishedLate + publishedPartial + replaced + overflowed + expired + failed + unpublishable
    }

    mutating func drop(_ kind: DroppedReading, messages: Int = 1) {
        if messages > 0 { dropped[kind, default: 0] += messages }
    }

    var json: JSON.Object {
        [
            "received": JSON(received), "used": JSON(used),
            "dropped": .object(
                JSON.Object(DroppedReading.allCases.map { ($0.rawValue, JSON(dropped[$0, default: 0])) })),
            "gaps": JSON(gaps), "forgotten": JSON(forgotten),
            "windows": [
                "ready": JSON(ready), "published": JSON(published), "published_late": JSON(publishedLate),
                "published_partial": JSON(publishedPartial), "replaced": JSON(replaced),
                "overflowed": JSON(overflowed), "expired": JSON(expired), "failed": JSON(failed),
                "unpublishable": JSON(unpublishable),
            ],
            "answers_too_late": JSON(answersTooLate),
        ]
    }
}
