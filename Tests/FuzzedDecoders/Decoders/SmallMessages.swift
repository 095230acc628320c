import Fleet

extension FuzzedDecoder {
    static let control = roundTrip("control", .json) {
        try Control(decoding: $0)
    } encode: {
        $0.encoded()
    }

    static let jobControl = roundTrip("job-control", .json) {
        try JobControl(decoding: $0)
    } encode: {
        $0.encoded()
    }

    static let workerInfo = roundTrip("worker-info", .json) {
        try WorkerInfo(decoding: $0)
    } encode: {
        $0.encoded()
    }

    static let workerStats = roundTrip("worker-stats", .json) {
        try WorkerStats(decoding: $0)
    } encode: {
        $0.encoded()
    }

    static let presence = roundTrip("presence", .text) {
        try Presence(decoding: $0)
    } encode: {
        $0.message(topic: "t").payload
    }
}
