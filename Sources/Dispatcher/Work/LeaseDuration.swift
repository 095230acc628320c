/// How long an attempt at a shard may take: ten seconds, what the shard takes at 0.2 GFLOP/s, slower than any worker worth
/// having, and what it takes to fetch a model at 1 MB/s. A worker that is lost meanwhile is missed by its heartbeats.
///
/// - Parameter residentBytes: of the model that the shard needs.
package func leaseDuration(flops: Double, residentBytes: Int) -> Duration {
    .seconds(10) + .seconds(min(flops / 0.2e9 + Double(residentBytes) / 1e6, 86_400))
}
