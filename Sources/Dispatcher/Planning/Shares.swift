/// Shares of divisible work so that all who get some finish together.
///
/// Whoever takes the share f takes `start + f · whole` seconds. The level is the time at which the shares add up to one;
/// who would not have started by then gets none. (Linear programming's solution for divisible loads: Bharadwaj, Ghose, Mani
/// and Robertazzi, "Scheduling Divisible Loads in Parallel and Distributed Systems", 1996.)
struct Shares: Equatable {
    /// Of each, 0 to 1; together 1.
    let shares: [Double]
    /// When all finish, in seconds.
    let level: Double

    /// - Parameters:
    ///   - starts: seconds that each takes for any share; not negative.
    ///   - wholes: seconds that each would add for the whole work; positive.
    init(starts: [Double], wholes: [Double]) {
        var level = Double.infinity
        while true {
            var (taken, rate) = (0.0, 0.0)
            for (start, whole) in zip(starts, wholes) where start < level && whole < .infinity {
                taken += start / whole
                rate += 1 / whole
            }
            let next = (1 + taken) / rate
            // Leaving someone out raises nobody's start above the level: it only falls.
            guard next < level else { break }
            level = next
        }
        self.level = level
        shares = zip(starts, wholes).map { start, whole in start < level ? (level - start) / whole : 0 }
    }
}
