import Fleet

extension FuzzedDecoder {
    static let topic = FuzzedDecoder("topic", .text) { input in
        let text = String(decoding: input, as: UTF8.self)
        return try topics.get().parse(text).map { (text, $0) }
    } verify: { parsed in
        guard let (text, topic) = parsed else { return }
        // A name is what a peer's answers go to: it has to be the same to the byte.
        try require(Array(try built(topic).utf8) == Array(text.utf8), "'\(text)' is read as \(topic)")
    }

    private static let topics: Result<FleetTopics, any Error> = Result {
        guard let fleet = PeerID("home") else { throw BrokenProperty("'home' is no name") }
        return FleetTopics(fleet: fleet)
    }

    private static func built(_ topic: ParsedTopic) throws -> String {
        let topics = try topics.get()
        return switch topic {
        case .workerStatus(let worker): topics.workerStatus(worker)
        case .workerInfo(let worker): topics.workerInfo(worker)
        case .workerStats(let worker): topics.workerStats(worker)
        case .task(let worker, let dispatcher): topics.task(worker: worker, dispatcher: dispatcher)
        case .result(let worker, let dispatcher): topics.result(worker: worker, dispatcher: dispatcher)
        case .control(let worker, let dispatcher): topics.control(worker: worker, dispatcher: dispatcher)
        case .fetch(let worker, let dispatcher): topics.fetch(worker: worker, dispatcher: dispatcher)
        case .part(let worker, let dispatcher): topics.part(worker: worker, dispatcher: dispatcher)
        case .dispatcherStatus(let dispatcher): topics.dispatcherStatus(dispatcher)
        case .dispatcherInfo(let dispatcher): topics.dispatcherInfo(dispatcher)
        case .dispatcherEcho(let dispatcher): topics.dispatcherEcho(dispatcher)
        case .job: topics.job
        case .jobControl: topics.jobControl
        case .answer(let client, let user): topics.answer(client: client, user: user)
        }
    }

    /// A filter, and after a line break a topic to match with it.
    static let topicFilter = FuzzedDecoder("topic-filter", .text) { input in
        let parts = input.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        return (try TopicFilter(parts[0]), text: parts[0], topic: parts.count == 2 ? parts[1] : parts[0])
    } verify: { filter, text, topic in
        try require(Array(filter.description.utf8) == Array(text.utf8), "'\(text)' is read as '\(filter)'")
        guard (try? TopicName.validate(topic)) != nil else { return }
        try requireEqual(
            filter.matches(topic), matches(levels(filter.pattern)[...], levels(topic)[...]),
            "whether '\(filter)' matches '\(topic)'")
    }

    private static func levels(_ text: String) -> [[UInt8]] {
        text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
    }

    /// MQTT 5, section 4.7, word for word.
    private static func matches(_ filter: ArraySlice<[UInt8]>, _ topic: ArraySlice<[UInt8]>) -> Bool {
        let wildcards = [Array("#".utf8), Array("+".utf8)]
        if topic.startIndex == 0, topic.first?.first == UInt8(ascii: "$"),
            let first = filter.first, wildcards.contains(first)
        {
            return false
        }
        guard let wanted = filter.first else { return topic.isEmpty }
        if wanted == wildcards[0] { return true }
        guard let level = topic.first, wanted == wildcards[1] || wanted == level else { return false }
        return matches(filter.dropFirst(), topic.dropFirst())
    }

    static let brokerAddress = FuzzedDecoder("broker-address", .text) {
        try BrokerAddress(parsing: String(decoding: $0, as: UTF8.self))
    } verify: { address in
        try require(address.port > 0 && !address.host.isEmpty, "\(address) cannot be connected to")
        guard address.user == nil else { return }
        try requireEqual(try BrokerAddress(parsing: address.description), address, "written and read again")
    }

    static let identifiers = FuzzedDecoder("identifiers", .text) { input in
        let text = String(decoding: input, as: UTF8.self)
        let names = [PeerID(text)?.text, JobID(text)?.text, LeaseToken(text)?.description].compactMap { $0 }
        return (text, names)
    } verify: { text, names in
        for name in names { try require(Array(name.utf8) == Array(text.utf8), "'\(text)' is read as '\(name)'") }
    }
}
