import Fleet

private func options(_ clientID: String, topic: String) -> ClientOptions {
    ClientOptions(
        clientID: clientID,
        will: Message(
            topic: topic, payload: Array("offline".utf8), qos: .atLeastOnce, retain: true, contentType: "text/plain"),
        farewell: Message(topic: topic, payload: Array("goodbye".utf8), qos: .atLeastOnce, retain: true))
}

/// What a client's end looks like to others.
let willCases = [
    ConformanceCase("a connection lost without goodbye makes the broker publish the will") { broker in
        try await broker.withClients(.init(clientID: "will-watch"), options("will-lost", topic: "will/lost")) { a, b in
            try await a.subscribe([Subscription("will/lost", qos: .atLeastOnce)])
            try await broker.cut(b, clientID: "will-lost")
            let received = try await a.nextMessage()
            try expect(received.payload == Array("offline".utf8), "\(received) is the will")
            try expect(received.contentType == "text/plain", "the will has its properties")
        }
    },
    ConformanceCase("closing publishes the farewell and not the will") { broker in
        try await broker.withClient(.init(clientID: "bye-watch")) { a in
            try await a.subscribe([Subscription("bye/#", qos: .atLeastOnce)])
            try await broker.withClient(options("bye", topic: "bye/x")) { b in
                try await b.nextConnection()
            }
            let farewell = try await a.nextMessage()
            try expect(farewell.payload == Array("goodbye".utf8), "\(farewell) is the farewell")
            try await a.publish(Message(topic: "bye/end", payload: []))
            let after = try await a.nextMessage()
            try expect(after.topic == "bye/end", "\(after) is not a will")
        }
    },
    ConformanceCase("closing publishes the farewell when the body throws") { broker in
        struct Stop: Error {}
        try await broker.withClient(.init(clientID: "throw-watch")) { a in
            try await a.subscribe([Subscription("throw/#", qos: .atLeastOnce)])
            do {
                try await broker.withClient(options("throw", topic: "throw/x")) { b in
                    try await b.nextConnection()
                    throw Stop()
                }
            } catch is Stop {}
            let farewell = try await a.nextMessage()
            try expect(farewell.payload == Array("goodbye".utf8), "\(farewell) is the farewell")
        }
    },
    ConformanceCase("what was handed over before closing is sent, and before the farewell") { broker in
        try await broker.withClient(.init(clientID: "drain-watch")) { a in
            try await a.subscribe([Subscription("drain/#", qos: .atLeastOnce)])
            try await broker.withClient(options("drain", topic: "drain/x")) { b in
                try await b.nextConnection()
                for index in 0..<100 {
                    try await b.publish(Message(topic: "drain/x", payload: [UInt8(index)], qos: .atLeastOnce))
                }
            }
            for index in 0..<100 {
                let received = try await a.nextMessage()
                try expect(received.payload == [UInt8(index)], "\(received.payload) is message \(index)")
            }
            let farewell = try await a.nextMessage()
            try expect(farewell.payload == Array("goodbye".utf8), "\(farewell) is the farewell")
        }
    },
]
