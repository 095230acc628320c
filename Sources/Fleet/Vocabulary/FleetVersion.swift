/// The version of this software, as `--version` prints it and births carry it.
public enum FleetVersion {
    public static let current = "0.1.0"
}
