import Fleet

/// The broker keeps the last retained message of each topic.
let retainedCases = [
    ConformanceCase("a retained message is seen by who subscribes later, marked as kept") { broker in
        try await broker.withClients(.init(clientID: "retain-a"), .init(clientID: "retain-b")) { a, b in
            try await a.subscribe([Subscription("retain/#")])
            for payload: [UInt8] in [[1], [2]] {
                try await a.publish(
                    Message(
                        topic: "retain/x", payload: payload, qos: .atLeastOnce, retain: true,
                        contentType: "text/plain"))
                let live = try await a.nextMessage()
                try expect(live.payload == payload && !live.retain, "\(live) came as it was sent, not from before")
            }
            try await b.subscribe([Subscription("retain/+")])
            let kept = try await b.nextMessage()
            try expect(kept.payload == [2] && kept.retain, "\(kept) is the last one, from before")
            try expect(kept.contentType == "text/plain", "its properties were kept")
        }
    },
    ConformanceCase("an empty payload clears a retained message") { broker in
        try await broker.withClients(.init(clientID: "clear-a"), .init(clientID: "clear-b")) { a, b in
            try await a.subscribe([Subscription("clear/#")])
            try await a.publish(Message(topic: "clear/x", payload: [1], retain: true))
            try await a.publish(Message(topic: "clear/x", payload: [], retain: true))
            try await a.publish(Message(topic: "clear/y", payload: [2], retain: true))
            for _ in 0..<3 { _ = try await a.nextMessage() }
            try await b.subscribe([Subscription("clear/#")])
            let kept = try await b.nextMessage()
            try expect(kept.topic == "clear/y", "\(kept.topic) is the one not cleared")
        }
    },
]
