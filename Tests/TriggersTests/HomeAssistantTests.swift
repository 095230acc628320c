import Codecs
import Fleet
import Testing

@testable import Triggers

@Suite("Home Assistant") struct HomeAssistantTests {
    private let announcer = HomeAssistantAnnouncer(identity: TriggerSample.identity)
    private let worker = PeerID("pi-4")!
    private let info = WorkerInfo(
        incarnation: Incarnation(1), version: "0.1.0", slots: 4, prefetch: 4, memory: 1 << 32, instructionSet: "neon")

    /// What is announced for the first result of sensor `a`.
    private func announcements(_ home: String, sensor: String = "a") throws -> [Message] {
        var harness = try PipelineHarness(TriggerSample.pairs + "\n" + home)
        for time in 1...8 { harness.receivePair(sensor, at: time) }
        for job in harness.jobs { harness.answer(job) }
        #expect(harness.published.last?.topic == "results/\(sensor)")
        return harness.published.filter { !$0.topic.hasPrefix("results/") }
    }

    @Test("A sensor's device is announced once, retained, in front of its first result")
    func device() throws {
        let messages = try announcements("homeassistant: true")
        let message = try #require(messages.first)
        #expect(messages.count == 1 && message.retain && message.qos == .atLeastOnce)
        let levels = message.topic.split(separator: "/")
        #expect(levels.count == 4 && levels[0] == "homeassistant" && levels[1] == "device" && levels[3] == "config")
        let payload = try JSON(parsing: message.payload).object()
        #expect(payload.keys == ["device", "origin", "components"])
        let components = try payload.object("components")
        #expect(components.keys == ["result", "score"])
        let result = try components.object("result")
        #expect(try result.string("platform") == "sensor")
        #expect(try result.string("state_topic") == "results/a")
        #expect(try result.string("json_attributes_topic") == "results/a")
        #expect(try result.string("value_template") == "{{ value_json.label }}")
        #expect(try components.object("score").string("value_template") == "{{ value_json.score }}")
        let availability = try result.objects("availability")
        #expect(try availability.map { try $0.string("topic") } == ["attn/v1/home/dispatcher/d1/status"])
        #expect(try availability[0].string("payload_available") == "online")
        #expect(try payload.object("device").string("name") == "pairs a")
        #expect(try payload.object("device").string("via_device") == "attn_home_dispatcher_d1")
    }

    @Test("Options: name, icon, unit, area, expiry, prefix; a message for each entity")
    func options() throws {
        let messages = try announcements(
            """
            homeassistant: {discovery: entity, prefix: ha, name: "Pair {1}", icon: "mdi:run", unit: W, area: Lab,
                            device_class: power, expire_after: 90s, value: score}
            """)
        #expect(messages.count == 1, "the score is the state itself")
        let payload = try JSON(parsing: try #require(messages.first).payload).object()
        #expect(messages[0].topic.hasPrefix("ha/sensor/attn_trigger_") && messages[0].topic.hasSuffix("/result/config"))
        #expect(try payload.object("device").string("name") == "Pair a")
        #expect(try payload.object("device").string("suggested_area") == "Lab")
        #expect(try payload.string("icon") == "mdi:run" && payload.string("unit_of_measurement") == "W")
        #expect(try payload.int("expire_after") == 90)
        #expect(try payload.string("value_template") == "{{ value_json.score }}")
    }

    @Test("Members whose names are no identifiers are quoted in the template")
    func templates() {
        #expect(ResultMember(steps: ["a", "b_1"]).valueTemplate == "{{ value_json.a.b_1 }}")
        #expect(ResultMember(steps: ["a b", "1c", "d\"e"]).valueTemplate == #"{{ value_json["a b"]["1c"]["d\"e"] }}"#)
    }

    @Test("Every name in every message is one that Home Assistant knows")
    func names() throws {
        let home =
            "homeassistant: {name: N, icon: 'mdi:run', unit: W, area: Lab, device_class: power, expire_after: 90s"
        for discovery in HomeAssistantSettings.Discovery.allCases {
            let messages =
                try announcements("\(home), discovery: \(discovery)}")
                + announcer.announcements(ofWorker: worker, info, discovery)
                + announcer.dispatcherAnnouncements(statsTopic: "attn/v1/home/dispatcher/d1/stats", discovery)
            #expect(messages.count == (discovery == .device ? 3 : 2 + 4 + 4))
            for message in messages { try check(message) }
        }
    }

    @Test("No name is an abbreviation, which only makes messages hard to read")
    func noAbbreviations() {
        let long = HomeAssistantNames.device.union(HomeAssistantNames.origin).union(HomeAssistantNames.entity)
            .union(HomeAssistantNames.availability).union(HomeAssistantNames.ofPlatform.values.flatMap(\.self))
            .union(["components"])
        #expect(Set(HomeAssistantNames.abbreviations.values).isSubset(of: long))
        #expect(long.isDisjoint(with: HomeAssistantNames.abbreviations.keys))
    }

    @Test("Unique IDs are unique, whatever the sensors are called")
    func uniqueIDs() throws {
        var seen: Set<String> = []
        for sensor in ["a", "a.b", "a_b", "a b", "é", String(repeating: "x", count: 100)] {
            let message = try #require(try announcements("homeassistant: true", sensor: sensor).first)
            let components = try JSON(parsing: message.payload).object().object("components")
            let id = try components.object("result").string("unique_id")
            #expect(seen.insert(id).inserted && id.utf8.count < 200)
        }
    }

    @Test("A worker: connected, load, tasks, memory")
    func fleet() throws {
        let message = try #require(announcer.announcements(ofWorker: worker, info).first)
        #expect(message.topic == "homeassistant/device/attn_home_worker_pi-4/config")
        let components = try JSON(parsing: message.payload).object().object("components")
        let connectivity = try components.object("connectivity")
        #expect(try connectivity.string("state_topic") == "attn/v1/home/worker/pi-4/status")
        #expect(try connectivity.string("payload_on") == "online" && connectivity.string("payload_off") == "offline")
        #expect(connectivity["availability"] == nil, "else it would be unknown instead of off")
        let load = try components.object("load")
        #expect(try load.string("state_topic") == "attn/v1/home/worker/pi-4/stats")
        let stats = try JSON(parsing: WorkerStats(incarnation: Incarnation(1), load: 0.5).encoded()).object()
        for key in components.keys where key != "connectivity" {
            let template = try components.object(key).string("value_template")
            let member = template.dropFirst("{{ value_json.".count).dropLast(" }}".count)
            #expect(stats[String(member)] != nil, "\(template) is in no heartbeat")
        }
    }

    @Test("What is taken away is an empty retained message on the same topic")
    func removal() throws {
        for discovery in HomeAssistantSettings.Discovery.allCases {
            let there = announcer.announcements(ofWorker: worker, info, discovery)
            let gone = announcer.removals(ofWorker: worker, discovery)
            #expect(gone.map(\.topic) == there.map(\.topic))
            #expect(gone.allSatisfy { $0.payload.isEmpty && $0.retain })
            let own = announcer.dispatcherAnnouncements(statsTopic: "s", discovery)
            #expect(announcer.dispatcherRemovals(discovery).map(\.topic) == own.map(\.topic))
        }
    }

    @Test("A forgotten sensor is taken away if the trigger says so")
    func removalOfForgotten() throws {
        for (option, count) in [("true", 1), ("{remove_forgotten: true}", 2)] {
            var harness = try PipelineHarness(TriggerSample.pairs + "\nhomeassistant: \(option)")
            for time in 1...4 { harness.receivePair(at: time) }
            harness.answer(harness.jobs[0])
            harness.wait(.seconds(60))
            let discovery = harness.published.filter { $0.topic.hasPrefix("homeassistant/") }
            #expect(discovery.count == count)
            #expect(Set(discovery.map(\.topic)).count == 1)
        }
    }

    @Test("Retained messages of triggers that are gone are taken away, those of others are left")
    func orphans() throws {
        let topics = try announcements("homeassistant: true").map(\.topic)
        let entityTopics = try announcements("homeassistant: {discovery: entity}").map(\.topic)
        let strangers = [
            "homeassistant/device/attn_home_worker_pi-4/config", "homeassistant/sensor/x/y/config", "other",
            "homeassistant/device/attn_trigger_0000000000000000_0000000000000000_a_1/config",
        ]
        let trigger = try TriggerSample.trigger(TriggerSample.pairs + "\nhomeassistant: true")
        #expect(announcer.removals(of: topics + strangers, keeping: [trigger]).isEmpty)
        #expect(announcer.removals(of: topics + strangers, keeping: []).map(\.topic) == topics)
        let silent = try TriggerSample.trigger(TriggerSample.pairs)
        #expect(announcer.removals(of: topics, keeping: [silent]).map(\.topic) == topics)
        #expect(
            announcer.removals(of: topics + entityTopics, keeping: [trigger]).map(\.topic) == entityTopics,
            "what another way of discovery has left")
    }

    // MARK: The check

    private func check(_ message: Message) throws {
        try TopicName.validate(message.topic)
        let levels = message.topic.split(separator: "/")
        let ids = levels.dropFirst(2).dropLast()
        #expect(levels.last == "config" && ids.count == (levels[1] == "device" ? 1 : 2), "\(message.topic)")
        #expect(ids.joined().utf8.allSatisfy { "\(UnicodeScalar($0))".isDiscoveryLevel }, "\(message.topic)")
        let payload = try JSON(parsing: message.payload).object()
        let device = try payload.object("device")
        #expect(Set(device.keys).isSubset(of: HomeAssistantNames.device), "\(device.keys)")
        #expect(try !device.strings("identifiers").isEmpty)
        let origin = try payload.object("origin")
        #expect(Set(origin.keys).isSubset(of: HomeAssistantNames.origin))
        #expect(try !origin.string("name").isEmpty)
        guard levels[1] == "device" else { return try checkEntity(payload, String(levels[1])) }
        let own: Set = ["device", "origin", "components"]
        #expect(Set(payload.keys).isSubset(of: HomeAssistantNames.shared.union(own)))
        let components = try payload.object("components")
        for key in components.keys {
            let component = try components.object(key)
            try checkEntity(component, try component.string("platform"))
        }
    }

    private func checkEntity(_ entity: JSON.Object, _ platform: String) throws {
        let known = try HomeAssistantNames.entity.union(#require(HomeAssistantNames.ofPlatform[platform]))
        #expect(Set(entity.keys).isSubset(of: known), "\(entity.keys)")
        #expect(try !entity.string("unique_id").isEmpty)
        try TopicName.validate(try entity.string("state_topic"))
        for one in try entity.optionalArray("availability") ?? [] {
            #expect(try Set(one.object().keys).isSubset(of: HomeAssistantNames.availability))
        }
        if let category = try entity.optionalString("entity_category") {
            #expect(HomeAssistantNames.entityCategories.contains(category))
        }
        if let stateClass = try entity.optionalString("state_class") {
            #expect(HomeAssistantNames.stateClasses.contains(stateClass))
        }
        if let deviceClass = try entity.optionalString("device_class") {
            #expect(HomeAssistantNames.deviceClasses[platform]?.contains(deviceClass) == true, "\(deviceClass)")
            if deviceClass == "data_size" {
                #expect(HomeAssistantNames.dataSizes.contains(try entity.string("unit_of_measurement")))
            }
        }
    }
}

extension String {
    /// What the node and object IDs of a discovery topic may be made of.
    fileprivate var isDiscoveryLevel: Bool {
        utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }
}
