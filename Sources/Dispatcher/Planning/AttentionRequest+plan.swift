package import Fleet

/// Plans for a request, which may let its tensors be rounded for the way.
extension AttentionRequest {
    /// The plan for a measured fleet with the least predicted makespan, and the request with its wire format settled.
    ///
    /// A request that leaves it to the dispatcher (`auto`, with a tolerance) is rounded only where that makes the job a tenth
    /// faster, as predicted: rounding itself takes time, and costs accuracy for nothing if the job stays here.
    ///
    /// - Returns: no plan if there is nobody to plan for.
    /// - Throws: `JobError.invalidRequest` if the format asked for cannot hold the numbers; `.tooLarge` if no message can carry a
    ///   piece of the job.
    package func planned(
        for fleet: FleetProfile, _ limits: PlanLimits
    ) throws(JobError) -> (request: AttentionRequest, plan: FleetPlan?) {
        guard isRoundedAtWill else {
            let settled = try settlingWire()
            return (settled, try plan(settled.wire, fleet, limits))
        }
        let exact = try plan(wire, fleet, limits)
        guard try pays(.i8, beside: exact, fleet, limits) != nil else { return (self, exact) }
        let settled = try settlingWire()
        guard settled.wire != wire, let rounded = try pays(settled.wire, beside: exact, fleet, limits) else {
            return (self, exact)
        }
        return (settled, rounded)
    }

    private func plan(
        _ wire: WireFormat, _ fleet: FleetProfile, _ limits: PlanLimits
    ) throws(JobError) -> FleetPlan? {
        var limits = limits
        limits.wire = wire
        return try planAttention(problem, fleet: fleet, limits: limits)
    }

    /// The plan in that format, if it is a tenth faster.
    private func pays(
        _ wire: WireFormat, beside exact: FleetPlan?, _ fleet: FleetProfile, _ limits: PlanLimits
    ) throws(JobError) -> FleetPlan? {
        guard let exact, let plan = try plan(wire, fleet, limits) else { return nil }
        return plan.timeline.makespan < 0.9 * exact.timeline.makespan ? plan : nil
    }
}
