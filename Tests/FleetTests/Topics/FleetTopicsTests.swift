// The topics of a fleet, spelled out: third parties publish and subscribe to these very strings.

import Fleet
import Testing

@Suite("Topics") struct FleetTopicsTests {
    let topics: FleetTopics
    let worker: PeerID
    let dispatcher: PeerID

    init() throws {
        topics = FleetTopics(fleet: try #require(PeerID("home")))
        worker = try #require(PeerID("pi-1"))
        dispatcher = try #require(PeerID("d_1"))
    }

    var all: [(text: String, topic: String, parsed: ParsedTopic)] {
        [
            ("worker/pi-1/status", topics.workerStatus(worker), .workerStatus(worker)),
            ("worker/pi-1/info", topics.workerInfo(worker), .workerInfo(worker)),
            ("worker/pi-1/stats", topics.workerStats(worker), .workerStats(worker)),
            (
                "task/pi-1/d_1", topics.task(worker: worker, dispatcher: dispatcher),
                .task(worker: worker, dispatcher: dispatcher)
            ),
            (
                "result/pi-1/d_1", topics.result(worker: worker, dispatcher: dispatcher),
                .result(worker: worker, dispatcher: dispatcher)
            ),
            (
                "control/pi-1/d_1", topics.control(worker: worker, dispatcher: dispatcher),
                .control(worker: worker, dispatcher: dispatcher)
            ),
            ("dispatcher/d_1/status", topics.dispatcherStatus(dispatcher), .dispatcherStatus(dispatcher)),
            ("dispatcher/d_1/info", topics.dispatcherInfo(dispatcher), .dispatcherInfo(dispatcher)),
            ("job", topics.job, .job),
            ("answer/pi-1", topics.answer(client: worker), .answer(client: worker, user: nil)),
            (
                "answer/me/pi-1", topics.answer(client: worker, user: PeerID("me")),
                .answer(client: worker, user: PeerID("me"))
            ),
        ]
    }

    @Test("Every topic has its fixed spelling, and is read back")
    func roundTrip() {
        for (text, topic, parsed) in all {
            #expect(topic == "attn/v1/home/\(text)")
            #expect(topics.parse(topic) == parsed)
        }
    }

    @Test("Topics of another fleet, version or shape are none of the fleet's")
    func foreign() {
        for (text, topic, _) in all {
            for other in [
                "attn/v1/other/\(text)", "attn/v2/home/\(text)", "/\(topic)", "\(topic)/", "\(topic)/x/y", "x\(topic)",
                "attn/v1/home//\(text)", "attn/v1/homer/\(text)", "ATTN/v1/home/\(text)", "attn/v1/home/\u{301}\(text)",
            ] {
                #expect(topics.parse(other) == nil, "\(other)")
            }
        }
        for text in [
            "", "attn/v1/home", "attn/v1/home/", "attn/v1/home/jobs", "attn/v1/home/worker/pi-1",
            "attn/v1/home/worker/pi-1/other", "attn/v1/home/worker//status", "attn/v1/home/dispatcher/d/stats",
            "attn/v1/home/task/pi-1", "attn/v1/home/task//d", "attn/v1/home/task/pi-1/", "attn/v1/home/task/a b/d",
            "attn/v1/home/answer", "attn/v1/home/answer/ä", "attn/v1/home/unknown/a/b",
            "attn/v1/home/task/\(String(repeating: "a", count: 65))/d",
        ] {
            #expect(topics.parse(text) == nil, "\(text)")
        }
    }

    @Test("Each side is subscribed to all that is sent to it, and to nothing that it sends")
    func subscriptions() {
        func reached(by subscriptions: [Subscription]) -> [String] {
            all.map(\.text).filter { text in
                subscriptions.contains { (try? TopicFilter($0.filter))?.matches("attn/v1/home/\(text)") ?? false }
            }
        }
        #expect(
            reached(by: topics.workerSubscriptions(worker)) == [
                "task/pi-1/d_1", "control/pi-1/d_1", "dispatcher/d_1/status",
            ])
        #expect(
            reached(by: topics.dispatcherSubscriptions(dispatcher)) == [
                "worker/pi-1/status", "worker/pi-1/info", "worker/pi-1/stats", "result/pi-1/d_1", "job",
            ])
        #expect(topics.dispatcherSubscriptions(dispatcher).map(\.filter).contains("$share/dispatch/attn/v1/home/job"))
        #expect(reached(by: topics.clientSubscriptions(worker)) == ["dispatcher/d_1/status", "answer/pi-1"])
    }
}
