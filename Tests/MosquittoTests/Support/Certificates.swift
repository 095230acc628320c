import Foundation

/// Certificates for one test: an authority, a broker's for localhost, a client's, and an authority nobody knows.
enum Certificates {
    static func make(in directory: URL) throws {
        func path(_ name: String) -> String { directory.appendingPathComponent(name).path }
        for authority in ["ca", "stranger"] {
            try RealBroker.run(
                "openssl",
                ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
                    + [
                        "-subj", "/CN=Test \(authority)", "-keyout", path("\(authority).key"), "-out",
                        path("\(authority).crt"),
                    ])
        }
        for (name, subject) in [("broker", "subjectAltName=DNS:localhost"), ("client", "subjectAltName=DNS:client")] {
            try RealBroker.run(
                "openssl",
                ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=\(name)"]
                    + ["-keyout", path("\(name).key"), "-out", path("\(name).csr")])
            try subject.write(toFile: path("\(name).ext"), atomically: true, encoding: .utf8)
            try RealBroker.run(
                "openssl",
                ["x509", "-req", "-in", path("\(name).csr"), "-CA", path("ca.crt"), "-CAkey", path("ca.key")]
                    + ["-CAcreateserial", "-days", "2", "-extfile", path("\(name).ext"), "-out", path("\(name).crt")])
        }
    }
}
