public import Fleet

/// From sensors' messages to windows for the fleet, and from its answers to results.
///
/// Events in, actions out; no clock, transport or thread. Whatever a sensor sends, the pipeline goes on: what cannot be used
/// is counted by kind. Its memory is bounded: by each trigger's sensors and their windows' length, by the windows that may
/// wait, and by those that the fleet takes. A sensor that is not heard of for its trigger's maximum age is forgotten.
public struct TriggerPipeline: Sendable {
    let settings: PipelineSettings
    let announcer: HomeAssistantAnnouncer
    let index: TopicIndex
    var states: [TriggerState]
    var windows = WindowTable()
    /// Windows that the fleet takes at a time.
    var capacity = 0
    /// Messages on topics of no trigger.
    var unmatched = 0
    var actions: [TriggerAction] = []

    /// - Parameters:
    ///   - triggers: with names of their own, as `TriggerFile` checks.
    ///   - identity: of the dispatcher, as Home Assistant is to know it.
    public init(
        _ triggers: [Trigger], identity: HomeAssistantIdentity, settings: PipelineSettings = PipelineSettings()
    ) {
        self.settings = settings
        announcer = HomeAssistantAnnouncer(identity: identity)
        index = TopicIndex(triggers.map(\.topic))
        states = triggers.map(TriggerState.init)
    }

    /// What is to be subscribed to, each filter once.
    public var subscriptions: [Subscription] {
        var seen: Set<String> = []
        return states.map(\.trigger.subscription).filter { seen.insert($0.filter).inserted }
    }

    /// When `tick` is due; nil if nothing will be by itself.
    public var nextTimer: Instant? {
        states.flatMap { state in
            [
                state.sensors.oldestTaken?.advanced(by: state.trigger.maximumAge), state.deadlines.first?.due,
            ]
        }.compactMap(\.self).min()
    }

    /// Takes one event in; returns what is to be done about it.
    public mutating func handle(_ event: TriggerEvent, at now: Instant) -> [TriggerAction] {
        switch event {
        case .received(let message): received(message, now)
        case .capacity(let count): capacity = max(count, 0)
        case .answered(let id, let answer): answered(id, answer, now)
        case .failed(let id): failed(id, now)
        case .tick:
            for trigger in states.indices {
                forgetSensors(of: trigger, now)
                passDeadlines(of: trigger, now)
            }
        }
        handOut(now)
        defer { actions = [] }
        return actions
    }
}
