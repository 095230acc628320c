internal import Fleet

/// Publishing, as events of the session.
extension SessionState {
    /// Takes room in the window for a message.
    ///
    /// - Returns: success if it may be handed over now; nil if its caller must wait.
    mutating func enterWindow(_ message: Message, bytes: Int) -> Outcome? {
        if isClosing {
            return .failure(TransportError(.closed, "publish to \(message.topic): the transport is closed"))
        }
        do throws(TransportError) { try message.checkSize(limit: maximumPacketSize) } catch { return .failure(error) }
        if message.qos == .atMostOnce, !isUp { return .failure(Self.notConnected(message)) }
        return window.enter(bytes) ? .success(()) : nil
    }

    /// Gives a message whose room in the window is taken to the connection, or keeps it for the next one.
    mutating func handOver(_ message: Message, bytes: Int) -> Outcome {
        let outcome: Outcome
        switch link {
        case _ where isClosing:
            outcome = .failure(TransportError(.closed, "publish to \(message.topic): the transport is closed"))
        case .up(let handle):
            outcome = send(message, bytes: bytes, by: handle)
        case .down, .greeting:
            if message.qos == .atLeastOnce {
                outbox.add(message, bytes: bytes, packet: nil)
                return .success(())
            }
            outcome = .failure(Self.notConnected(message))
        }
        if case .failure = outcome { leaveWindow(bytes) }
        return outcome
    }

    private mutating func send(_ message: Message, bytes: Int, by handle: Handle) -> Outcome {
        do throws(TransportError) {
            // The broker may have been another one when the caller asked.
            try message.checkSize(limit: maximumPacketSize)
        } catch {
            return .failure(error)
        }
        switch handle.publish(message) {
        case .success(let packet):
            outbox.add(message, bytes: bytes, packet: packet)
        case .failure(let failure) where failure.isNoConnection:
            // The network thread has yet to notice the loss; at QoS 1 the next connection sends it.
            guard message.qos == .atLeastOnce else { return .failure(Self.notConnected(message)) }
            outbox.add(message, bytes: bytes, packet: nil)
        case .failure(let failure):
            return .failure(
                TransportError(.protocolViolation, "publish to \(message.topic): libmosquitto refused it: \(failure)"))
        }
        return .success(())
    }

    /// Sends again what earlier connections left unacknowledged.
    mutating func resend(by handle: Handle) {
        for entry in outbox.unsent() {
            guard let message = entry.message else { continue }
            // Refused publishes are counted, since nobody waits for the error.
            let fits = (try? message.checkSize(limit: maximumPacketSize)) != nil
            if fits, case .success(let packet) = handle.publish(message) {
                outbox.resent(entry, packet: packet)
            } else if !fits {
                outbox.remove(entry)
                refusedPublishes += 1
                leaveWindow(entry.bytes)
            }
        }
    }

    mutating func settled(_ packet: Int32, reason: Int32) {
        if reason >= 128 { refusedPublishes += 1 }
        if let bytes = outbox.settle(packet) { leaveWindow(bytes) }
    }

    mutating func leaveWindow(_ bytes: Int) {
        for id in window.leave(bytes) { end(id, .success(())) }
    }

    static func notConnected(_ message: Message) -> TransportError {
        TransportError(.notConnected, "publish to \(message.topic): not connected to the broker")
    }
}
