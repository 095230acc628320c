import Codecs
public import Fleet

extension HomeAssistantAnnouncer {
    /// A worker: whether it is connected, its load, what it runs, and its memory.
    public func announcements(
        ofWorker worker: PeerID, _ info: WorkerInfo, prefix: String = "homeassistant",
        _ discovery: HomeAssistantSettings.Discovery = .device
    ) -> [Message] {
        self.worker(worker, info).announcements(prefix: prefix, discovery)
    }

    /// What takes a worker away that will not come back.
    public func removals(
        ofWorker worker: PeerID, prefix: String = "homeassistant",
        _ discovery: HomeAssistantSettings.Discovery = .device
    ) -> [Message] {
        self.worker(worker, nil).removals(prefix: prefix, discovery)
    }

    /// This dispatcher: whether it is connected, its load, and what it has to do.
    /// - Parameter statsTopic: where it publishes `load`, and `TriggerPipeline.stats` under `triggers`.
    public func dispatcherAnnouncements(
        statsTopic: String, prefix: String = "homeassistant", _ discovery: HomeAssistantSettings.Discovery = .device
    ) -> [Message] {
        dispatcher(statsTopic: statsTopic).announcements(prefix: prefix, discovery)
    }

    public func dispatcherRemovals(
        prefix: String = "homeassistant", _ discovery: HomeAssistantSettings.Discovery = .device
    ) -> [Message] {
        dispatcher(statsTopic: "").removals(prefix: prefix, discovery)
    }

    private func worker(_ worker: PeerID, _ info: WorkerInfo?) -> HomeAssistantDevice {
        let identifier = identity.workerIdentifier(worker)
        let (status, stats) = (identity.topics.workerStatus(worker), identity.topics.workerStats(worker))
        var device: JSON.Object = [
            "identifiers": [.string(identifier)], "name": .string("AttnFleet worker \(worker)"),
            "manufacturer": "AttnFleet", "model": "attn-worker",
        ]
        device["sw_version"] = (info?.version).map(JSON.string)
        device["hw_version"] = (info?.instructionSet).map(JSON.string)
        return HomeAssistantDevice(
            objectID: identifier, device: device,
            entities: [
                connectivity(identifier, status),
                measurement("load", "Load", "load", identifier, status: status, state: stats),
                measurement("running", "Tasks running", "running", identifier, status: status, state: stats),
                measurement(
                    "resident_memory", "Memory", "resident_bytes", identifier, status: status, state: stats,
                    ["device_class": "data_size", "unit_of_measurement": "B"]),
            ])
    }

    private func dispatcher(statsTopic: String) -> HomeAssistantDevice {
        let identifier = identity.dispatcherIdentifier
        let status = identity.topics.dispatcherStatus(identity.dispatcher)
        let device: JSON.Object = [
            "identifiers": [.string(identifier)], "name": .string("AttnFleet dispatcher \(identity.dispatcher)"),
            "manufacturer": "AttnFleet", "model": "attn-dispatcher", "sw_version": .string(FleetVersion.current),
        ]
        return HomeAssistantDevice(
            objectID: identifier, device: device,
            entities: [
                connectivity(identifier, status),
                measurement("load", "Load", "load", identifier, status: status, state: statsTopic),
                measurement(
                    "sensors", "Sensors", "triggers.sensors", identifier, status: status, state: statsTopic),
                measurement(
                    "windows_waiting", "Windows waiting", "triggers.waiting", identifier, status: status,
                    state: statsTopic),
            ])
    }

    /// Without availability: disconnected is what it says, and not that nobody knows.
    private func connectivity(_ identifier: String, _ topic: String) -> HomeAssistantDevice.Entity {
        HomeAssistantDevice.Entity(
            key: "connectivity", platform: "binary_sensor",
            configuration: [
                "unique_id": .string("\(identifier)_connectivity"), "name": "Connectivity",
                "state_topic": .string(topic), "payload_on": .string(Presence.online.rawValue),
                "payload_off": .string(Presence.offline.rawValue), "device_class": "connectivity",
                "entity_category": "diagnostic",
            ])
    }

    private func measurement(
        _ key: String, _ name: String, _ member: String, _ identifier: String, status: String, state: String,
        _ more: JSON.Object = [:]
    ) -> HomeAssistantDevice.Entity {
        var configuration: JSON.Object = [
            "unique_id": .string("\(identifier)_\(key)"), "name": .string(name), "state_topic": .string(state),
            "value_template": .string("{{ value_json.\(member) }}"), "state_class": "measurement",
            "entity_category": "diagnostic", "availability": Self.availability(status),
        ]
        for member in more.members { configuration[member.key] = member.value }
        return HomeAssistantDevice.Entity(key: key, platform: "sensor", configuration: configuration)
    }
}
