/// A window that is complete, of the trigger at hand.
struct ReadyWindow {
    let slot: SensorTable.Slot
    let origin: WindowOrigin
    let input: WindowJob.Input
}
