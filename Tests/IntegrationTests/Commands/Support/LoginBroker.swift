import Foundation
import LocalFleet
import Testing

/// Runs `body` with a broker that wants a login; the password of `NAME` is `NAME-secret`.
///
/// - Parameter accessRules: an acl_file of mosquitto.conf(5).
func withLoginBroker(
    users: [String], accessRules: String? = nil, in folder: Folder, _ body: (LocalBroker) async throws -> Void
) async throws {
    let passwords = folder.hidden("passwords")
    try #require(FileManager.default.createFile(atPath: passwords, contents: nil))
    for user in users {
        let outcome = try await Program.run(
            "/usr/bin/mosquitto_passwd", ["-b", passwords, user, "\(user)-secret"], in: folder)
        try #require(outcome.status == 0, "\(outcome.error)")
    }
    var options = LocalBroker.Options()
    options.allowsAnonymous = false
    options.additions = ["password_file \(passwords)"] + (accessRules.map { ["acl_file \($0)"] } ?? [])
    try await withLocalBroker(options) { try await body($0) }
}
