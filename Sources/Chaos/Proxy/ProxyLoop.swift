import Fleet
import Glibc

/// The proxy's thread: accepts, connects on, passes bytes along, cuts.
final class ProxyLoop: @unchecked Sendable {
    // Unchecked: everything but the two closures is touched by the one thread that runs it.

    /// One direction of a connection.
    private struct Stream {
        var buffer: [UInt8] = []
        var isEnded = false
        /// Bytes that the throttle lets pass now.
        var allowance = 0.0
    }

    private struct Pair {
        let near: Socket
        let far: Socket
        var toFar = Stream()
        var toNear = Stream()
    }

    private static let most = 256 << 10

    private let listener: Socket
    private let target: UInt16
    private var random: SeededGenerator
    private let orders: @Sendable () -> TCPProxy.Orders
    private let onCut: @Sendable () -> Void
    private var pairs: [Pair] = []
    private var scratch = [UInt8](repeating: 0, count: 64 << 10)
    private var lastRound = ContinuousClock.now

    init(
        listener: Socket, target: UInt16, seed: UInt64, orders: @escaping @Sendable () -> TCPProxy.Orders,
        onCut: @escaping @Sendable () -> Void
    ) {
        self.listener = listener
        self.target = target
        random = SeededGenerator(seed: seed)
        self.orders = orders
        self.onCut = onCut
    }

    func run() {
        defer {
            for pair in pairs { end(pair) }
            listener.close()
        }
        while true {
            let orders = orders()
            if orders.isStopped { return }
            for _ in 0..<min(orders.cuts, pairs.count) {
                end(pairs.remove(at: Int.random(in: pairs.indices, using: &random)))
                onCut()
            }
            allow(orders.bytesPerSecond)
            waitForSomething(isThrottled: orders.bytesPerSecond != nil)
            accept()
            passAlong()
        }
    }

    private func end(_ pair: Pair) {
        pair.near.reset()
        pair.far.reset()
    }

    private func allow(_ bytesPerSecond: Int?) {
        let now = ContinuousClock.now
        let share = bytesPerSecond.map { Double($0) * lastRound.duration(to: now).inSeconds }
        lastRound = now
        for index in pairs.indices {
            let most = Double(bytesPerSecond ?? 0) / 4
            pairs[index].toFar.allowance = share.map { min(pairs[index].toFar.allowance + $0, most) } ?? .infinity
            pairs[index].toNear.allowance = share.map { min(pairs[index].toNear.allowance + $0, most) } ?? .infinity
        }
    }

    /// A few milliseconds at most, so that orders are heard and the throttle is even.
    private func waitForSomething(isThrottled: Bool) {
        var polls = [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
        for pair in pairs {
            polls.append(poll(pair.near, reads: pair.toFar, writes: pair.toNear, isThrottled))
            polls.append(poll(pair.far, reads: pair.toNear, writes: pair.toFar, isThrottled))
        }
        _ = Glibc.poll(&polls, nfds_t(polls.count), 5)
    }

    private func poll(_ socket: Socket, reads: Stream, writes: Stream, _ isThrottled: Bool) -> pollfd {
        var events: Int32 = 0
        if reads.buffer.count < Self.most, !reads.isEnded { events |= POLLIN }
        if !writes.buffer.isEmpty, !isThrottled { events |= POLLOUT }
        return pollfd(fd: socket.descriptor, events: Int16(events), revents: 0)
    }

    private func accept() {
        while let near = listener.accepted() {
            guard let far = Socket.connecting(to: target) else {
                near.reset()
                continue
            }
            pairs.append(Pair(near: near, far: far))
        }
    }

    private func passAlong() {
        var index = 0
        while index < pairs.count {
            let isOpen =
                move(from: pairs[index].near, &pairs[index].toFar, to: pairs[index].far)
                && move(from: pairs[index].far, &pairs[index].toNear, to: pairs[index].near)
            if isOpen { index += 1 } else { end(pairs.remove(at: index)) }
        }
    }

    /// False once the connection is over.
    private func move(from source: Socket, _ stream: inout Stream, to destination: Socket) -> Bool {
        if !stream.isEnded, stream.buffer.count < Self.most {
            let count = recv(source.descriptor, &scratch, scratch.count, 0)
            if count > 0 {
                stream.buffer += scratch[..<count]
            } else if count == 0 {
                stream.isEnded = true
            } else if errno != EAGAIN, errno != EINTR, errno != ENOTCONN, errno != EINPROGRESS {
                return false
            }
        }
        let allowed = stream.allowance < Double(stream.buffer.count) ? Int(stream.allowance) : stream.buffer.count
        if allowed > 0 {
            let count = stream.buffer.withUnsafeBytes {
                Glibc.send(destination.descriptor, $0.baseAddress, allowed, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                stream.buffer.removeFirst(count)
                stream.allowance -= Double(count)
            } else if count < 0, errno != EAGAIN, errno != EINTR, errno != ENOTCONN, errno != EINPROGRESS {
                return false
            }
        }
        return !(stream.isEnded && stream.buffer.isEmpty)
    }
}
