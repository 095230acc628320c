extension FleetTopics {
    /// What a worker is to the broker. With the fleet's name: a broker throws a client out when another one comes with its
    /// identifier, and workers of two fleets may have one name. The dots are in neither name, so that no two pairs of names
    /// give one identifier.
    public func clientID(ofWorker worker: PeerID) -> String { "attn-worker.\(fleet).\(worker)" }

    /// What a dispatcher is to the broker; see `clientID(ofWorker:)`.
    public func clientID(ofDispatcher dispatcher: PeerID) -> String { "attn-dispatcher.\(fleet).\(dispatcher)" }
}
