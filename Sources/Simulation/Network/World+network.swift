import Fleet

/// The broker and the network between it and its peers.
extension World {
    /// Keep-alive of 30 s: the broker finds a dead connection after one and a half of it.
    private static let keepAlive = Duration.seconds(45)

    /// Publishes a packet to a peer; false if the sender has no connection.
    @discardableResult
    mutating func send(_ packet: Packet, from sender: Peer, to receiver: Peer, qos: QoS) -> Bool {
        guard network.isOpen(sender) else { return false }
        // A clean session: what comes while it is away is not kept for a peer.
        guard network.isOpen(receiver) else { return true }
        if qos == .atMostOnce, network.losses > 0, chance(3) { return true }
        arrive(packet, at: receiver, deadUntil: network.connections[sender.number].deadUntil)
        if network.duplications > 0, chance(3) {
            arrive(packet, at: receiver, deadUntil: network.connections[sender.number].deadUntil)
        }
        return true
    }

    private mutating func arrive(_ packet: Packet, at receiver: Peer, deadUntil: Instant) {
        var delay = Int64.random(in: 100_000...2_000_000, using: &networkRandom)
        if network.delays > 0 { delay += .random(in: 0...3_000_000_000, using: &networkRandom) }
        if network.reorderings > 0 { delay += .random(in: 0...50_000_000, using: &networkRandom) }
        let connection = network.connections[receiver.number]
        var at = max(now.advanced(by: .nanoseconds(delay)), deadUntil, connection.deadUntil)
        // What waits at a sender holds up nobody else's; what it sent after that comes later by itself.
        if deadUntil <= now {
            if network.reorderings == 0 { at = max(at, connection.lastArrival) }
            network.connections[receiver.number].lastArrival = at
        }
        schedule(.arrival(receiver, connection: connection.number, packet), at: at)
    }

    private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &networkRandom) == 0 }

    mutating func arrived(_ packet: Packet, at peer: Peer, _ connection: UInt32) {
        guard network.connections[peer.number].number == connection else { return }
        if peer == .dispatcher { return dispatcherReceived(packet) }
        if peer.number <= settings.workers { return workerReceived(packet, peer.number - 1) }
        if case .dispatcherStatus(let isOnline) = packet {
            if isOnline { dispatcherCameOnline(at: peer.number - 1 - settings.workers) }
            return
        }
        clientReceived(packet)
    }

    // MARK: Connections

    mutating func connect(_ peer: Peer) {
        guard isAlive(peer), !network.isOpen(peer) else { return }
        guard network.isBrokerUp, network.connections[peer.number].deadUntil <= now else { return connectLater(peer) }
        network.lastConnection += 1
        network.connections[peer.number].number = network.lastConnection
        network.connections[peer.number].lastArrival = now
        if peer == .dispatcher { return dispatcherConnected() }
        if peer.number <= settings.workers { return workerConnected(peer.number - 1) }
        clientConnected(peer.number - 1 - settings.workers)
    }

    mutating func connectLater(_ peer: Peer) {
        schedule(.connect(peer), after: randomDuration(.milliseconds(100), .seconds(2)))
    }

    private func isAlive(_ peer: Peer) -> Bool {
        if peer == .dispatcher { return dispatcher.core != nil }
        if peer.number <= settings.workers { return workers[peer.number - 1].core != nil }
        return true
    }

    /// Ends a connection that both sides know to be over; the broker publishes the will.
    mutating func disconnect(_ peer: Peer, withWill: Bool = true) {
        guard network.isOpen(peer) else { return }
        network.connections[peer.number].number = 0
        if withWill { publishWill(of: peer) }
        guard isAlive(peer) else { return }
        if peer == .dispatcher {
            dispatcherDisconnected()
        } else if peer.number <= settings.workers {
            workerDisconnected(peer.number - 1)
        } else {
            clientDisconnected(peer.number - 1 - settings.workers)
        }
        connectLater(peer)
    }

    mutating func publishWill(of peer: Peer) {
        if peer == .dispatcher {
            setDispatcherStatus(isOnline: false)
        } else if peer.number <= settings.workers {
            setStatus(of: peer.number - 1, isOnline: false)
        }
    }

    mutating func keepAlivePassed(_ peer: Peer, _ connection: UInt32) {
        guard network.connections[peer.number].number == connection, network.connections[peer.number].deadUntil > now
        else { return }
        disconnect(peer)
    }

    /// Nothing goes through a peer's connection for a while; past the keep-alive both sides give it up.
    mutating func partition(_ peer: Peer, for duration: Duration) {
        network.connections[peer.number].deadUntil = max(
            network.connections[peer.number].deadUntil, now.advanced(by: duration))
        let connection = network.connections[peer.number].number
        if connection != 0 { schedule(.keepAlivePassed(peer, connection: connection), after: Self.keepAlive) }
    }

    // MARK: What is retained

    mutating func setStatus(of worker: Int, isOnline: Bool) {
        network.statuses[worker] = isOnline
        deliver(.workerStatus(worker: worker, isOnline: isOnline), from: .worker(worker), to: .dispatcher)
    }

    mutating func setDispatcherStatus(isOnline: Bool) {
        network.isDispatcherOnline = isOnline
        for number in 1..<network.connections.count where network.connections[number].isOpen {
            deliver(.dispatcherStatus(isOnline: isOnline), from: .dispatcher, to: Peer(number: number))
        }
    }

    /// What the broker itself has to say, or passes on for a peer that may be gone.
    mutating func deliver(_ packet: Packet, from sender: Peer, to receiver: Peer) {
        guard network.isBrokerUp, network.isOpen(receiver) else { return }
        let isHeldUp = network.isOpen(sender) ? network.connections[sender.number].deadUntil : .origin
        arrive(packet, at: receiver, deadUntil: isHeldUp)
    }

    // MARK: The broker's life

    /// - Parameter cleanly: publishes every will, and keeps what is retained.
    mutating func stopBroker(cleanly: Bool, for duration: Duration) {
        guard network.isBrokerUp else { return }
        let peers = network.connections.indices.map { Peer(number: $0) }.filter { network.isOpen($0) }
        if cleanly { for peer in peers { publishWill(of: peer) } }
        for peer in peers { disconnect(peer, withWill: false) }
        network.isBrokerUp = false
        if !cleanly {
            for worker in workers.indices {
                network.statuses[worker] = nil
                network.infos[worker] = nil
            }
            network.isDispatcherOnline = false
        }
        schedule(.brokerStart, after: duration)
    }

    mutating func startBroker() { network.isBrokerUp = true }
}
