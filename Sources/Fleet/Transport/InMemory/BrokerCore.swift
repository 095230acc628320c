/// The state and rules of an `InMemoryBroker`, without its lock.
///
/// Events go to the clients' mailboxes as they happen, which keeps them in order. Clients are visited in the order
/// of their connecting, so that the same calls give the same deliveries.
struct BrokerCore {
    struct Client {
        let key: Int
        let options: ClientOptions
        let events: Mailbox
        var isConnected = false
        /// No connection comes about until healed.
        var isPartitioned = false
        /// Remembered by the client across connections, as `Transport` demands.
        var subscriptions: [(filter: TopicFilter, qos: QoS)] = []
        /// Published at QoS 1 while disconnected.
        var unsent: [Message] = []
    }

    let maximumPacketSize: Int?
    private(set) var faults: FaultInjector
    private var clients: [Client] = []
    private var retained: [String: Message] = [:]
    private var isRunning = true
    private var nextKey = 0
    /// By shared filter: how many messages its group has been given.
    private var turns: [TopicFilter: Int] = [:]

    init(faults: Faults, maximumPacketSize: Int?) {
        self.faults = FaultInjector(faults)
        self.maximumPacketSize = maximumPacketSize
    }

    // MARK: - Clients

    /// Adds a client, and connects it if the broker runs. A client with the same ID is thrown out, for good.
    mutating func add(_ options: ClientOptions, events: Mailbox) -> Int {
        for index in clients.indices where clients[index].options.clientID == options.clientID {
            clients[index].isPartitioned = true
            disconnect(clients[index].key, "another client connected with the ID \(options.clientID)")
        }
        nextKey += 1
        clients.append(Client(key: nextKey, options: options, events: events))
        connect(nextKey)
        return nextKey
    }

    func keys(ofID clientID: String) -> [Int] {
        clients.filter { $0.options.clientID == clientID }.map(\.key)
    }

    func contains(_ key: Int) -> Bool { index(of: key) != nil }

    /// Ends a client in good order: the farewell is published and the will is not.
    mutating func close(_ key: Int) {
        guard let index = index(of: key) else { return }
        let client = clients.remove(at: index)
        if client.isConnected, let farewell = client.options.farewell { route(farewell) }
        client.events.finish()
    }

    /// Ends a client as if its process had died: its will is published.
    mutating func crash(_ key: Int) {
        guard let index = index(of: key) else { return }
        let client = clients.remove(at: index)
        if client.isConnected, let will = client.options.will { route(will) }
        client.events.finish()
    }

    // MARK: - Connections

    /// Connects a client if the broker runs and the network between is whole.
    mutating func connect(_ key: Int) {
        guard isRunning, let index = index(of: key), !clients[index].isConnected, !clients[index].isPartitioned
        else { return }
        clients[index].isConnected = true
        clients[index].events.send(.connected)
        let unsent = clients[index].unsent
        clients[index].unsent = []
        for subscription in clients[index].subscriptions { deliverRetained(subscription, to: key) }
        for message in unsent { publish(message, from: key) }
    }

    /// Takes a client's connection away without a clean disconnect: the broker publishes its will.
    mutating func disconnect(_ key: Int, _ reason: String) {
        guard let index = index(of: key), clients[index].isConnected else { return }
        clients[index].isConnected = false
        clients[index].events.send(.disconnected(reason: reason))
        if let will = clients[index].options.will { route(will) }
    }

    mutating func setPartitioned(_ key: Int, _ isPartitioned: Bool) {
        guard let index = index(of: key) else { return }
        clients[index].isPartitioned = isPartitioned
    }

    /// - Parameter isClean: wills are published and retained messages kept, as by a broker with persistence on
    ///   SIGTERM; else neither, as by one without on SIGKILL.
    mutating func stop(isClean: Bool) {
        isRunning = false
        for index in clients.indices where clients[index].isConnected {
            clients[index].isConnected = false
            clients[index].events.send(.disconnected(reason: "the broker stopped"))
            if isClean, let will = clients[index].options.will { route(will) }
        }
        if !isClean { retained = [:] }
        turns = [:]
    }

    mutating func start() {
        isRunning = true
        for key in clients.map(\.key) { connect(key) }
    }

    // MARK: - Messages

    mutating func subscribe(_ key: Int, to subscriptions: [(filter: TopicFilter, qos: QoS)]) {
        guard let index = index(of: key) else { return }
        for subscription in subscriptions {
            clients[index].subscriptions.removeAll { $0.filter == subscription.filter }
            clients[index].subscriptions.append(subscription)
            if clients[index].isConnected { deliverRetained(subscription, to: key) }
        }
    }

    mutating func unsubscribe(_ key: Int, from filters: [String]) {
        guard let index = index(of: key) else { return }
        clients[index].subscriptions.removeAll { filters.contains($0.filter.description) }
    }

    /// - Returns: false if the message is at QoS 0 and the client is disconnected; at QoS 1 it is then kept.
    @discardableResult
    mutating func publish(_ message: Message, from key: Int) -> Bool {
        guard let index = index(of: key) else { return false }
        guard clients[index].isConnected else {
            if message.qos == .atLeastOnce { clients[index].unsent.append(message) }
            return message.qos == .atLeastOnce
        }
        route(message)
        if faults.disconnectsPublisher() {
            disconnect(key, "connection lost (injected fault)")
            connect(key)
        }
        return true
    }

    mutating func releaseDelayed() {
        for delivery in faults.releaseDelayed() { hand(delivery) }
    }

    /// Keeps a retained message, and delivers one copy to each subscriber and to one member of each group.
    private mutating func route(_ message: Message) {
        if message.retain { retained[message.topic] = message.payload.isEmpty ? nil : message }
        // On delivery the flag says that a message was kept from before, which this one was not.
        var live = message
        live.retain = false
        var groups: [TopicFilter: [(client: Int, qos: QoS)]] = [:]
        var groupOrder: [TopicFilter] = []
        var deliveries: [(client: Int, qos: QoS)] = []
        for client in clients where client.isConnected {
            var granted: QoS?
            for (filter, qos) in client.subscriptions where filter.matches(message.topic) {
                if filter.group == nil {
                    granted = granted.map { $0.rawValue < qos.rawValue ? qos : $0 } ?? qos
                } else {
                    if groups[filter] == nil { groupOrder.append(filter) }
                    groups[filter, default: []].append((client.key, qos))
                }
            }
            if let granted { deliveries.append((client.key, granted)) }
        }
        for filter in groupOrder {
            guard let members = groups[filter] else { continue }
            let turn = turns[filter, default: 0]
            turns[filter] = turn &+ 1
            deliveries.append(members[turn % members.count])
        }
        for (client, qos) in deliveries { deliver(live, qos, to: client) }
    }

    /// Shared subscriptions get no retained messages (MQTT 5, section 4.8.2).
    private mutating func deliverRetained(_ subscription: (filter: TopicFilter, qos: QoS), to key: Int) {
        guard subscription.filter.group == nil else { return }
        let topics = retained.keys.filter(subscription.filter.matches).sorted()
        for message in topics.compactMap({ retained[$0] }) { deliver(message, subscription.qos, to: key) }
    }

    private mutating func deliver(_ message: Message, _ granted: QoS, to key: Int) {
        var copy = message
        if granted == .atMostOnce { copy.qos = .atMostOnce }
        for delivery in faults.pass((key, copy)) { hand(delivery) }
    }

    /// What was delayed beyond its connection is lost with it: sessions start clean.
    private func hand(_ delivery: FaultInjector.Delivery) {
        guard let index = index(of: delivery.client), clients[index].isConnected else { return }
        clients[index].events.send(.message(delivery.message))
    }

    private func index(of key: Int) -> Int? { clients.firstIndex { $0.key == key } }
}
