import LocalFleet

/// How a child of the fleet ended; Testing has an `ExitStatus` of its own.
typealias ChildExit = ExitStatus
