import Fleet

/// What is published arrives where it was subscribed to, whole and in order.
let deliveryCases = [
    ConformanceCase("a message reaches another client and its own sender") { broker in
        try await broker.withClients(.init(clientID: "pair-a"), .init(clientID: "pair-b")) { a, b in
            try await a.subscribe([Subscription("pair/x")])
            try await b.subscribe([Subscription("pair/x")])
            let message = Message(topic: "pair/x", payload: [1, 2, 3])
            try await a.publish(message)
            let (atA, atB) = (try await a.nextMessage(), try await b.nextMessage())
            try expect(atA == message && atB == message, "\(atA) and \(atB) are what was sent")
        }
    },
    ConformanceCase("wildcards match levels, and nothing else arrives") { broker in
        try await broker.withClients(.init(clientID: "wild-a"), .init(clientID: "wild-b")) { a, b in
            try await b.subscribe([
                Subscription("wild/+/status"), Subscription("wild/deep/#"), Subscription("wild/end"),
            ])
            let sent = [
                "wild/w1/status", "wild/w1/info", "wild/w1/status/more", "wild/deep", "wild/deep/er/still", "wildly",
                "wild/end",
            ]
            for topic in sent { try await a.publish(Message(topic: topic, payload: [])) }
            var received: [String] = []
            while received.last != "wild/end" { received.append(try await b.nextMessage().topic) }
            let expected = ["wild/w1/status", "wild/deep", "wild/deep/er/still", "wild/end"]
            try expect(received == expected, "\(received) are the topics that match")
        }
    },
    ConformanceCase("one member of a sharing group receives each message") { broker in
        try await broker.withClients(.init(clientID: "share-a"), .init(clientID: "share-b")) { a, b in
            for client in [a, b] {
                try await client.subscribe([Subscription("$share/group/share/job"), Subscription("share/end")])
            }
            for index in 0..<20 { try await a.publish(Message(topic: "share/job", payload: [UInt8(index)])) }
            try await a.publish(Message(topic: "share/end", payload: []))
            var received: [UInt8] = []
            for client in [a, b] {
                while case let message = try await client.nextMessage(), message.topic != "share/end" {
                    received += message.payload
                }
            }
            try expect(received.sorted() == Array(0..<20), "each of 20 messages arrived once: \(received)")
        }
    },
    ConformanceCase("response topic, correlation data, content type and expiry arrive unchanged") { broker in
        try await broker.withClients(.init(clientID: "props-a"), .init(clientID: "props-b")) { a, b in
            try await b.subscribe([Subscription("props/x", qos: .atLeastOnce)])
            let message = Message(
                topic: "props/x", payload: Array("{}".utf8), qos: .atLeastOnce, responseTopic: "props/répondre",
                correlationData: [0, 255, 1, 0], contentType: "application/json", expiry: 3600)
            try await a.publish(message)
            let received = try await b.nextMessage()
            try expect(received == message, "\(received) is \(message)")
        }
    },
    ConformanceCase("messages of one topic arrive in order, at either QoS") { broker in
        try await broker.withClients(.init(clientID: "order-a"), .init(clientID: "order-b")) { a, b in
            try await b.subscribe([Subscription("order/#", qos: .atLeastOnce)])
            for qos in [QoS.atMostOnce, .atLeastOnce] {
                for index in 0..<200 {
                    try await a.publish(Message(topic: "order/\(qos.rawValue)", payload: [UInt8(index)], qos: qos))
                }
                for index in 0..<200 {
                    let received = try await b.nextMessage()
                    try expect(received.payload == [UInt8(index)], "\(received.payload) is message \(index)")
                    try expect(received.qos == qos, "it came at QoS \(qos)")
                }
            }
        }
    },
    ConformanceCase("what is published at once arrives in order; what cannot be sent is not taken") { broker in
        try await broker.withClients(.init(clientID: "once-a"), .init(clientID: "once-b")) { a, b in
            try await b.subscribe([Subscription("once/#", qos: .atLeastOnce)])
            for qos in [QoS.atMostOnce, .atLeastOnce] {
                for index in 0..<100 {
                    let message = Message(topic: "once/x", payload: [UInt8(index)], qos: qos)
                    if !a.publishAtOnce(message) { try await a.publish(message) }
                }
                for index in 0..<100 {
                    let payload = try await b.nextMessage().payload
                    try expect(payload == [UInt8(index)], "\(payload) is message \(index)")
                }
            }
            try expect(!a.publishAtOnce(Message(topic: "once/+", payload: [])), "a wildcard is no topic")
        }
    },
    ConformanceCase("a subscription's QoS bounds that of delivery") { broker in
        try await broker.withClients(.init(clientID: "qos-a"), .init(clientID: "qos-b")) { a, b in
            try await b.subscribe([Subscription("qos/0"), Subscription("qos/1", qos: .atLeastOnce)])
            try await a.publish(Message(topic: "qos/0", payload: [], qos: .atLeastOnce))
            try await a.publish(Message(topic: "qos/1", payload: [], qos: .atLeastOnce))
            let received = [try await b.nextMessage(), try await b.nextMessage()]
            for message in received {
                let expected: QoS = message.topic == "qos/0" ? .atMostOnce : .atLeastOnce
                try expect(message.qos == expected, "\(message.topic) came at \(expected)")
            }
        }
    },
    ConformanceCase("a payload of 1 MiB arrives whole") { broker in
        try await broker.withClients(.init(clientID: "large-a"), .init(clientID: "large-b")) { a, b in
            try await b.subscribe([Subscription("large")])
            var random = SeededGenerator(seed: 1)
            let payload = (0..<(1 << 17)).flatMap { _ in
                withUnsafeBytes(of: random.next()) { Array($0) }
            }
            try await a.publish(Message(topic: "large", payload: payload))
            let received = try await b.nextMessage()
            try expect(received.payload == payload, "\(received.payload.count) bytes are the \(payload.count) sent")
        }
    },
    ConformanceCase("after unsubscribing nothing arrives") { broker in
        try await broker.withClients(.init(clientID: "unsub-a"), .init(clientID: "unsub-b")) { a, b in
            try await b.subscribe([Subscription("unsub/x"), Subscription("unsub/end")])
            try await b.unsubscribe(["unsub/x"])
            try await a.publish(Message(topic: "unsub/x", payload: []))
            try await a.publish(Message(topic: "unsub/end", payload: []))
            let received = try await b.nextMessage()
            try expect(received.topic == "unsub/end", "\(received.topic) is the one still subscribed to")
        }
    },
]
