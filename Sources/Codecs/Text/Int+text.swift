extension Int {
    /// `1 shard`, `2 shards`: of nouns whose plural ends in s.
    package func counted(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}
