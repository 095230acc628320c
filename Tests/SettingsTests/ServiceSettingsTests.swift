import Fleet
import Foundation
import Logging
import Mosquitto
import Settings
import Testing

@Suite("The settings of a service")
struct ServiceSettingsTests {
    private func connection(_ flags: [String: String] = [:]) -> ConnectionSettings {
        ConnectionSettings(FlagValues(flags))
    }

    private func service(_ flags: [String: String] = [:]) -> ServiceSettings { ServiceSettings(FlagValues(flags)) }

    private func sources(_ environment: [String: String] = [:]) throws -> SettingSources {
        try SettingSources(environment: environment, known: [])
    }

    @Test("name a broker, with a login that may come from elsewhere")
    func address() throws {
        let plain = try connection(["broker": "mqtt://host"]).address(sources(), or: "")
        #expect(plain == BrokerAddress(host: "host", port: 1883))
        let flag = try connection(["broker": "mqtts://a:b@host", "user": "c"]).address(sources(), or: "")
        #expect(flag == BrokerAddress(host: "host", port: 8883, usesTLS: true, user: "c", password: "b"))
        let variables = ["ATTN_BROKER": "mqtt://elsewhere:99", "ATTN_USER": "d"]
        let environment = try connection().address(sources(variables), or: "")
        #expect(environment == BrokerAddress(host: "elsewhere", port: 99, user: "d"))
    }

    @Test("without a broker say where to name one")
    func noBroker() throws {
        let error = #expect(throws: SettingError.self) { try connection().address(sources(), or: "use --local") }
        #expect(error?.description == "no broker is named: give --broker URL, set ATTN_BROKER, or use --local")
    }

    @Test("take certificate and key only together")
    func tls() throws {
        #expect(try connection().tls(sources()) == nil)
        #expect(try connection(["ca-file": "ca"]).tls(sources()) == TLSOptions(caFile: "ca"))
        let both = try connection(["cert-file": "c"]).tls(sources(["ATTN_KEY_FILE": "k"]))
        #expect(both == TLSOptions(certificateFile: "c", keyFile: "k"))
        #expect(throws: SettingError.self) { try connection(["cert-file": "c"]).tls(sources()) }
        #expect(throws: SettingError.self) { try connection(["key-file": "k"]).tls(sources()) }
    }

    @Test("name a fleet and a service by the rule for names")
    func names() throws {
        #expect(try connection().fleetID(sources()).text == "home")
        #expect(try connection(["fleet": "lab"]).fleetID(sources(["ATTN_FLEET": "x"])).text == "lab")
        #expect(throws: SettingError.self) { try connection(["fleet": "a/b"]).fleetID(sources()) }
        #expect(try service(["id": "worker-1"]).peerID(sources()).text == "worker-1")
        #expect(throws: SettingError.self) { try service(["id": "#"]).peerID(sources()) }
        #expect(try !service().peerID(sources()).text.isEmpty, "the host's name")
    }

    @Test("choose how much and how to log")
    func log() throws {
        #expect(try service().logger(sources(), label: "worker-1").logLevel == .info)
        #expect(try service(["log-level": "debug"]).logger(sources(), label: "worker-1").logLevel == .debug)
        #expect(throws: SettingError.self) { try service(["log-level": "loud"]).logger(sources(), label: "worker-1") }
        #expect(throws: SettingError.self) { try service(["log-format": "xml"]).logger(sources(), label: "worker-1") }
    }

    @Test("are read from the files as shipped", arguments: ["worker.json", "dispatcher.json"])
    func shipped(_ name: String) throws {
        let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path = project.appendingPathComponent("config/\(name)").path
        let sources = try service(["config": path]).sources(known: ["timeout", "max_jobs"])
        #expect(try connection().address(sources, or: "") == BrokerAddress(host: "127.0.0.1", port: 1883))
        #expect(try connection().fleetID(sources).text == "home")
        #expect(try service().logger(sources, label: "").logLevel == .info)
    }
}
