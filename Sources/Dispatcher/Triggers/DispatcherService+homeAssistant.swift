import Fleet
import Triggers

/// The fleet in Home Assistant, if a trigger wants to be there: this dispatcher, each worker as it is heard of, and no
/// sensor of a trigger that is gone.
extension DispatcherService {
    private var home: HomeAssistantSettings? { options.triggers.lazy.compactMap(\.homeAssistant).first }

    private var announcer: HomeAssistantAnnouncer {
        HomeAssistantAnnouncer(identity: HomeAssistantIdentity(fleet: options.fleet, dispatcher: options.id))
    }

    /// Where what an earlier life announced is retained.
    var homeAssistantSubscriptions: [Subscription] {
        guard !options.triggers.isEmpty else { return [] }
        let prefixes = Set(options.triggers.compactMap(\.homeAssistant?.prefix)).union(["homeassistant"])
        return prefixes.sorted().flatMap { HomeAssistantAnnouncer.discoveryFilters(prefix: $0) }
            .map { Subscription($0, qos: .atLeastOnce) }
    }

    func announceAtHome() {
        guard let home else { return }
        publish(
            announcer.dispatcherAnnouncements(
                statsTopic: topics.dispatcherStats(options.id), prefix: home.prefix, home.discovery))
    }

    func announceAtHome(_ worker: PeerID, _ info: WorkerInfo) {
        guard let home else { return }
        publish(announcer.announcements(ofWorker: worker, info, prefix: home.prefix, home.discovery))
    }

    /// Takes back what is retained of a trigger that is no longer there.
    /// - Returns: whether the message was such a one.
    func isRetainedAtHome(_ message: Message) -> Bool {
        guard message.retain, message.topic.hasSuffix("/config"), !message.payload.isEmpty else { return false }
        let removals = announcer.removals(of: [message.topic], keeping: options.triggers)
        publish(removals)
        return !removals.isEmpty
    }

    private func publish(_ messages: [Message]) {
        for message in messages { enqueue(.message(message)) }
    }
}
