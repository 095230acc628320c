import Fleet

/// The clients: what `FleetClient` does.
extension World {
    /// A job that is not accepted by then is sent again.
    private static let resendAfter = Duration.seconds(2)
    /// How long past a job's time the dispatcher's own word is waited for.
    private static let grace = Duration.seconds(2)

    mutating func submit(_ job: Int) {
        counters.jobsSubmitted += 1
        clients[job].isSubmitted = true
        schedule(.clientDeadline(job: job), after: jobs[job].timeout + Self.grace)
        sendRequest(job)
    }

    private mutating func sendRequest(_ job: Int) {
        guard clients[job].isSubmitted, !clients[job].isOver else { return }
        clients[job].sendings += 1
        clients[job].isAccepted = false
        schedule(.resend(job: job, sending: clients[job].sendings), after: Self.resendAfter)
        let client = jobs[job].client
        send(
            .request(job: job, client: client, isOther: false), from: clientPeer(client), to: .dispatcher,
            qos: .atLeastOnce)
    }

    mutating func resend(_ job: Int, _ sending: Int) {
        guard clients[job].sendings == sending, !clients[job].isAccepted else { return }
        sendRequest(job)
    }

    mutating func clientConnected(_ client: Int) {
        if network.isDispatcherOnline { sendAll(of: client) }
    }

    mutating func clientDisconnected(_ client: Int) {}

    private mutating func sendAll(of client: Int) {
        for job in jobs.indices where jobs[job].client == client { sendRequest(job) }
    }

    mutating func clientReceived(_ packet: Packet) {
        switch packet {
        case .answer(let answer): answered(answer)
        default: break
        }
    }

    private mutating func answered(_ answer: SimulatedAnswer) {
        let job = answer.job
        // Another client's, of a repeated request: it has to be the same.
        if answer.client != jobs[job].client {
            if case .done = answer.content { auditor.delivered(answer) }
            return
        }
        switch answer.content {
        case .accepted:
            if !clients[job].isAccepted { counters.jobsAccepted += 1 }
            clients[job].isAccepted = true
        case .failed(let error) where error.code == .busy || error.code == .shuttingDown || error.code == .journal:
            comeAgain(job, error)
        case .done, .failed:
            auditor.delivered(answer)
            ended(job, answer.content)
        }
    }

    private mutating func ended(_ job: Int, _ content: SimulatedAnswer.Content) {
        if jobs[job].isDurable {
            send(
                .release(job: job, client: jobs[job].client), from: clientPeer(jobs[job].client), to: .dispatcher,
                qos: .atLeastOnce)
        }
        guard !clients[job].isOver else { return }
        clients[job].final = content
        openJobs -= 1
        counters.lastAnswer = now
        switch content {
        case .done: counters.jobsDone += 1
        case .failed(let error): counters.jobsFailed[error.code, default: 0] += 1
        case .accepted: break
        }
    }

    /// Refused for now: sent again when the dispatcher said, and later each time.
    private mutating func comeAgain(_ job: Int, _ error: JobError) {
        guard !clients[job].isOver else { return }
        counters.refusals += 1
        clients[job].refusals += 1
        clients[job].sendings += 1
        clients[job].isAccepted = false
        let hint = max(error.retryAfter ?? .seconds(1), .milliseconds(10))
        let wait = min(hint * (1 << min(clients[job].refusals, 6)), .seconds(10))
        schedule(.resend(job: job, sending: clients[job].sendings), after: randomDuration(hint, max(wait, hint)))
    }

    mutating func giveUp(_ job: Int) {
        guard !clients[job].isOver else { return }
        clients[job].gaveUp = true
        openJobs -= 1
        counters.lastAnswer = now
        counters.jobsFailed[.noAnswer, default: 0] += 1
        auditor.gaveUp(job)
    }

    /// A dispatcher that is born anew does not know what its earlier life had accepted.
    mutating func dispatcherCameOnline(at client: Int) { sendAll(of: client) }
}
