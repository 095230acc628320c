/// The share of a model that one worker computes when its weights are cut: of every layer some heads, and some of the columns
/// between the two last linear layers (Shoeybi et al., "Megatron-LM", 2019).
///
/// Each step of a layer is then a sum over the slices, which has to be complete before the residual and the norm.
public struct ModelSlice: Sendable, Hashable {
    public let heads: Range<Int>
    public let columns: Range<Int>

    public init(heads: Range<Int>, columns: Range<Int>) {
        self.heads = heads
        self.columns = columns
    }

    /// Slices that together are the whole model, of about these shares of it.
    ///
    /// - Parameter shares: relative sizes, positive. There are fewer slices than shares where there are fewer heads or columns.
    public static func cut(_ configuration: EncoderConfiguration, shares: [Double]) -> [ModelSlice] {
        let shares = Array(shares.prefix(min(configuration.heads, configuration.intermediateSize)))
        let heads = Range.cut(configuration.heads, shares: shares)
        let columns = Range.cut(configuration.intermediateSize, shares: shares)
        return zip(heads, columns).map { ModelSlice(heads: $0, columns: $1) }
    }
}

extension Range<Int> {
    /// Cuts 0..<count into one range a share, none of them empty, of about those shares of the whole.
    ///
    /// - Parameters:
    ///   - count: at least the number of shares.
    ///   - shares: relative sizes, positive.
    public static func cut(_ count: Int, shares: [Double]) -> [Range<Int>] {
        precondition(!shares.isEmpty && shares.count <= count, "\(shares.count) pieces of \(count)")
        let whole = shares.reduce(0, +)
        var (ranges, start, sum): ([Range<Int>], Int, Double) = ([], 0, 0)
        for (index, share) in shares.enumerated() {
            sum += share
            let rest = shares.count - index - 1
            let end =
                rest == 0
                ? count : Swift.min(Swift.max(Int((Double(count) * sum / whole).rounded()), start + 1), count - rest)
            ranges.append(start..<end)
            start = end
        }
        return ranges
    }
}
