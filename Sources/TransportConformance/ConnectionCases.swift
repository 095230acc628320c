import Fleet

/// Connections come and go; a transport stays.
let connectionCases = [
    ConformanceCase("after a broker restart subscriptions are alive when connected is said, each said once") { broker in
        try await broker.withClients(.init(clientID: "restart-a"), .init(clientID: "restart-b")) { a, b in
            try await b.subscribe([Subscription("restart/x"), Subscription("restart/+/y", qos: .atLeastOnce)])
            try await broker.restart()
            for client in [a, b] {
                let kinds = [try await client.next("an event", kind), try await client.next("an event", kind)]
                try expect(kinds == ["disconnected", "connected"], "\(kinds) is one loss and one connection")
            }
            try await a.publish(Message(topic: "restart/x", payload: [1]))
            try await a.publish(Message(topic: "restart/z/y", payload: [2]))
            let received = [try await b.nextMessage().topic, try await b.nextMessage().topic]
            try expect(received == ["restart/x", "restart/z/y"], "\(received) arrived after the restart")
        }
    },
    ConformanceCase("connected is said before any message of that connection") { broker in
        try await broker.withClients(.init(clientID: "first-a"), .init(clientID: "first-b")) { a, b in
            for index in 0..<20 {
                try await a.publish(
                    Message(topic: "first/\(index)", payload: [1], qos: .atLeastOnce, retain: true))
            }
            try await b.subscribe([Subscription("first/+"), Subscription("first/0")])
            for _ in 0..<20 { _ = try await b.nextMessage() }
            try await broker.cut(b, clientID: "first-b")
            try await b.next("disconnected") { kind($0) == "disconnected" ? () : nil }
            let next = try await b.next("an event", kind)
            try expect(next == "connected", "\(next) is connected, not a retained message")
            let kept = try await b.nextMessage()
            try expect(kept.retain && kept.payload == [1], "\(kept) is a retained message, sent anew")
        }
    },
    ConformanceCase("what was unsubscribed stays so after a loss") { broker in
        try await broker.withClients(.init(clientID: "forget-a"), .init(clientID: "forget-b")) { a, b in
            try await b.subscribe([Subscription("forget/x"), Subscription("forget/end")])
            try await b.unsubscribe(["forget/x"])
            try await broker.cut(b, clientID: "forget-b")
            try await b.nextConnection()
            try await a.publish(Message(topic: "forget/x", payload: []))
            try await a.publish(Message(topic: "forget/end", payload: []))
            let received = try await b.nextMessage()
            try expect(received.topic == "forget/end", "\(received.topic) is the one still subscribed to")
        }
    },
]

@Sendable private func kind(_ event: TransportEvent) -> String? {
    switch event {
    case .connected: "connected"
    case .disconnected: "disconnected"
    case .message: "message"
    }
}
