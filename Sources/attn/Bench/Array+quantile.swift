extension [Double] {
    /// The smallest value that at least this share of all values does not exceed; NaN of none.
    func quantile(_ share: Double) -> Double {
        guard !isEmpty else { return .nan }
        return sorted()[Swift.min(Int((share * Double(count)).rounded(.up)), count) - 1]
    }
}
