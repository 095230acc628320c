import Dispatcher
import Fleet

extension SimulationSettings {
    /// Draws bounds so tight that they are reached, and scheduling as nervous as can be, for half of the seeds; the
    /// others keep the defaults.
    public mutating func drawBounds() {
        var random = SeededGenerator(seed: seed ^ 0xb0117d5)
        guard Bool.random(using: &random) else { return }
        func draw<Value>(_ values: Value...) -> Value { values[Int.random(in: values.indices, using: &random)] }
        admission.jobs = draw(1, 3, 8, admission.jobs)
        admission.bytes = draw(1000, 5000, admission.bytes)
        admission.clientShare = draw(0.3, 1, admission.clientShare)
        admission.storedJobs = draw(4, 16, admission.storedJobs)
        admission.storedBytes = draw(4000, 20_000, admission.storedBytes)
        admission.storingBytes = draw(1000, admission.storingBytes)
        admission.patience = draw(.zero, admission.patience)
        admission.waiters = draw(1, 2, admission.waiters)
        admission.answerBytes = draw(0, 8000, admission.answerBytes)
        admission.answerLifetime = draw(.seconds(1), admission.answerLifetime)
        admission.drainGrace = draw(.zero, .seconds(1), admission.drainGrace)
        scheduler.maxDeaths = draw(2, 1000, scheduler.maxDeaths)
        scheduler.maxAttempts = draw(2, 1000, scheduler.maxAttempts)
        scheduler.hedgeSamples = draw(1, scheduler.hedgeSamples)
        scheduler.hedgeQuantile = draw(0.3, scheduler.hedgeQuantile)
        scheduler.hedgesPerTask = draw(1, scheduler.hedgesPerTask)
        scheduler.elderShare = draw(1, 2, scheduler.elderShare)
        scheduler.probation = draw(.milliseconds(100), scheduler.probation)
    }
}
