/// How many jobs, and of how many bytes, something holds; in all and by client.
struct Usage {
    struct Count: Equatable {
        var jobs = 0
        var bytes = 0

        var isZero: Bool { jobs == 0 && bytes == 0 }
    }

    private(set) var total = Count()
    private(set) var clients: [String: Count] = [:]

    func of(_ client: String) -> Count { clients[client] ?? Count() }

    mutating func add(jobs: Int, bytes: Int, of client: String) {
        total.jobs += jobs
        total.bytes += bytes
        var count = of(client)
        count.jobs += jobs
        count.bytes += bytes
        // Clients come and go: who holds nothing is forgotten.
        clients[client] = count.isZero ? nil : count
    }
}
