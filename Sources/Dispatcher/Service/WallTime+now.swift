import Glibc

extension WallTime {
    /// The system's clock, which may be set back and forth: for what must mean something in another life, and nothing else.
    public static var now: WallTime {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return WallTime(microseconds: Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000)
    }
}
