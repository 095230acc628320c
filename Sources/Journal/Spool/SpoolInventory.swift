/// What a spool's folder holds, against what the database says.
struct SpoolInventory: Sendable, Equatable {
    /// Jobs whose file is not there.
    var missing: Set<Int64>
    /// Files that no row names: left by a crash between a file and its row.
    var orphans: [String] = []
    /// Files that this software did not write.
    var strangers: [String] = []
}
