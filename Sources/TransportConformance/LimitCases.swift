import Fleet

/// What is refused, and what is dropped and counted.
let limitCases = [
    ConformanceCase("topics and filters that MQTT forbids are refused") { broker in
        try await broker.withClient(.init(clientID: "invalid")) { a in
            try await a.nextConnection()
            for topic in ["", "a/+/b", "a/#", "a\u{0}b", "a\nb", String(repeating: "x", count: 65_536)] {
                let found = try await code(of: "publish to \(topic.prefix(20))") {
                    try await a.publish(Message(topic: topic, payload: []))
                }
                try expect(found == .invalidTopic, "publishing to '\(topic.prefix(20))' throws invalidTopic: \(found)")
            }
            for filter in ["", "a/#/b", "a+/b", "#a", "a\u{0}b", "$share/g", "$share//x", "$share/g+/x"] {
                let found = try await code(of: "subscribe to \(filter)") {
                    try await a.subscribe([Subscription(filter)])
                }
                try expect(found == .invalidTopic, "subscribing to '\(filter)' throws invalidTopic: \(found)")
            }
            let response = try await code(of: "a response topic with a wildcard") {
                try await a.publish(Message(topic: "x", payload: [], responseTopic: "a/+"))
            }
            try expect(response == .invalidTopic, "a response topic with a wildcard throws invalidTopic: \(response)")
        }
    },
    ConformanceCase("a full mailbox drops messages and counts them") { broker in
        let options = ClientOptions(clientID: "full-b", mailbox: Mailbox.Limits(messages: 10))
        try await broker.withClients(.init(clientID: "full-a"), options) { a, b in
            try await b.subscribe([Subscription("full")])
            for index in 0..<100 { try await a.publish(Message(topic: "full", payload: [UInt8(index)])) }
            try await eventually("90 of 100 are dropped") { b.events.dropped == 90 }
            for index in 0..<10 {
                let received = try await b.nextMessage()
                try expect(received.payload == [UInt8(index)], "\(received.payload) is message \(index)")
            }
        }
    },
    ConformanceCase("a closed transport refuses every operation and ends its events") { broker in
        var closed: (any Transport)?
        try await broker.withClient(.init(clientID: "closed")) { closed = $0 }
        guard let closed else { throw ConformanceFailure("the body did not run") }
        let codes = [
            try await code(of: "publish") { try await closed.publish(Message(topic: "x", payload: [])) },
            try await code(of: "subscribe") { try await closed.subscribe([Subscription("x")]) },
            try await code(of: "unsubscribe") { try await closed.unsubscribe(["x"]) },
        ]
        try expect(codes == [.closed, .closed, .closed], "\(codes) are all closed")
        while await closed.events.next() != nil {}
    },
]
