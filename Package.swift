// swift-tools-version: 6.1
import PackageDescription

// What every target of ours is compiled with.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// What a worker consists of. Without the module of regular expressions, which the compiler else imports everywhere: one
// `replacing` or `contains(String)` of it makes a worker 1.4 MB larger.
let workerSettings: [SwiftSetting] =
    settings + [.unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"])]

// Kernels enter no precondition and allocate nothing: shapes are checked before, in AttnMath.
let kernelSettings: [SwiftSetting] =
    settings + [.unsafeFlags(["-Ounchecked", "-wmo", "-disable-batch-mode", "-num-threads", "2"])]

#if arch(x86_64)
    // The same sources a second time (the folder is a symbolic link), for CPUs with AVX2 and FMA.
    let kernelVariants: [Target] = [
        .target(
            name: "AttnKernelsAVX2", dependencies: ["CAttnKernels"],
            swiftSettings: kernelSettings + [
                .define("HAS_FMA"),
                .unsafeFlags(["-Xcc", "-mavx2", "-Xcc", "-mfma", "-Xcc", "-mf16c"]),
            ])
    ]
#else
    let kernelVariants: [Target] = []
#endif

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let collections: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let database: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")

// The program that `make fuzz` builds: libFuzzer brings its main function, without which it cannot be linked.
let fuzzing: [Target] =
    Context.environment["ATTN_FUZZ"] == nil
    ? []
    : [
        .executableTarget(
            name: "Fuzz", dependencies: ["Codecs", "Fleet", "FuzzedDecoders"], path: "Tests/Fuzz",
            swiftSettings: settings)
    ]

let package = Package(
    name: "AttnFleet",
    products: [
        .executable(name: "attn", targets: ["attn"]),
        .executable(name: "attn-worker", targets: ["attn-worker"]),
        .executable(name: "attn-dispatcher", targets: ["attn-dispatcher"]),
        .library(name: "AttnMath", targets: ["AttnMath"]),
        .library(name: "AttnFleet", targets: ["Client", "Dispatcher", "Worker", "Mosquitto"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Numerics: no Foundation, no I/O, no concurrency.
        .target(name: "CCPUFeatures"),
        .target(name: "CAttnKernels"),
        .target(name: "AttnKernels", dependencies: ["CAttnKernels"], swiftSettings: kernelSettings),
        .target(
            name: "AttnMath",
            dependencies: ["AttnKernels", "CAttnKernels", "CCPUFeatures"]
                + kernelVariants.map { .target(name: $0.name) },
            swiftSettings: workerSettings),

        // Byte formats: JSON and safetensors.
        .target(name: "Codecs", swiftSettings: workerSettings),

        // Models as steps that a fleet can share out.
        .target(name: "Transformer", dependencies: ["AttnMath", "Codecs"], swiftSettings: workerSettings),
        // Text to the numbers that a model reads: not for workers.
        .target(name: "Tokenizer", dependencies: ["Codecs"], swiftSettings: settings),

        // Models' folders: archive, tokenizer and configuration. Not for workers.
        .target(
            name: "Models", dependencies: ["AttnMath", "Blobs", "Codecs", "Fleet", "Tokenizer", "Transformer"],
            swiftSettings: settings),

        // The vocabulary of the wire, and what carries it.
        .target(name: "Fleet", dependencies: ["Codecs", collections], swiftSettings: workerSettings),
        // What every transport must do, run against each of them.
        .target(name: "TransportConformance", dependencies: ["Fleet"], swiftSettings: settings),
        .systemLibrary(
            name: "CMosquitto", pkgConfig: "libmosquitto",
            providers: [.apt(["libmosquitto-dev"])]),
        .target(name: "Mosquitto", dependencies: ["CMosquitto", "Fleet"], swiftSettings: workerSettings),

        // Bytes named by their content, such as models: fetched in parts, kept on disk.
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "Blobs", dependencies: ["CCrypto", "Codecs", "Fleet"], swiftSettings: workerSettings),

        // Block computations on threads of their own.
        .target(
            name: "Compute", dependencies: ["AttnMath", "Codecs", "Fleet", "Transformer"], swiftSettings: workerSettings
        ),

        // Times kernels, for `attn bench`.
        .target(
            name: "KernelBench", dependencies: ["AttnMath", "Codecs", "Compute", "Fleet"], swiftSettings: settings),

        // Services: a pure core and a shell around it.
        .target(
            name: "Worker",
            dependencies: ["AttnMath", "Blobs", "Codecs", "Compute", "Fleet", "Transformer", collections, logging],
            swiftSettings: workerSettings),
        .target(
            name: "Dispatcher",
            dependencies: [
                "AttnMath", "Blobs", "Codecs", "Compute", "Fleet", "Models", "Transformer", "Triggers", logging,
                collections,
                heap,
            ],
            swiftSettings: settings),
        // What the demo replays, and its book of what came back; the shell around it is in attn.
        .target(name: "Demo", dependencies: ["Codecs"], swiftSettings: settings),
        // From sensors' readings to windows, and from answers to topics.
        .target(name: "Triggers", dependencies: ["Codecs", "Fleet", collections, yaml], swiftSettings: settings),
        // What outlives a dispatcher. Its database is for the dispatcher alone: no worker links it.
        .target(
            name: "Journal", dependencies: ["Dispatcher", "Fleet", database, logging], swiftSettings: settings),
        .target(name: "Client", dependencies: ["Codecs", "Fleet"], swiftSettings: settings),

        // The cores of dispatcher and workers on a virtual clock, with everything that may go wrong.
        .target(
            name: "Simulation", dependencies: ["Dispatcher", "Fleet", "Worker", heap], swiftSettings: settings),

        // What the executables share.
        .target(name: "CAllocator"),
        .target(
            name: "Settings",
            dependencies: ["CAllocator", "Codecs", "Fleet", "Mosquitto", logging, signals],
            swiftSettings: workerSettings),
        // Apart from Settings, since a worker is to weigh little and the parser does not.
        .target(
            name: "CommandOptions", dependencies: ["Fleet", "Mosquitto", "Settings", argumentParser],
            swiftSettings: settings),
        .target(name: "LocalFleet", swiftSettings: settings),
        .executableTarget(
            name: "attn-worker",
            dependencies: ["AttnMath", "Blobs", "Fleet", "Worker", "Mosquitto", "Settings", logging],
            swiftSettings: workerSettings),
        .executableTarget(
            name: "attn-dispatcher",
            dependencies: [
                "AttnMath", "CommandOptions", "Dispatcher", "Fleet", "Journal", "Models", "Mosquitto", "Settings",
                "Transformer", "Triggers", argumentParser, logging,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "attn",
            dependencies: [
                "AttnMath", "Client", "Codecs", "CommandOptions", "Compute", "Demo", "Dispatcher", "Fleet",
                "KernelBench",
                "LocalFleet",
                "Models", "Mosquitto", "Settings", "Simulation", "Transformer", "Triggers", argumentParser, logging,
                signals,
            ],
            resources: [.copy("Resources")],
            swiftSettings: settings),

        // Measures the pipeline of triggers.
        .executableTarget(
            name: "attn-bench-triggers", dependencies: ["Codecs", "Fleet", "Triggers"], path: "Sources/TriggerBench",
            swiftSettings: settings),

        // Breaks a real fleet, and counts.
        .executableTarget(
            name: "attn-chaos",
            dependencies: [
                "AttnMath", "Client", "Codecs", "Dispatcher", "Fleet", "LocalFleet", "Mosquitto", argumentParser,
            ],
            path: "Sources/Chaos", swiftSettings: settings),

        // Linked into every test, as there is one program of them all, and asked by few.
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        // The same, for the thread sanitizer; empty without it.
        .target(name: "CMutexAnnotations", path: "Tests/CMutexAnnotations"),
        // Every decoder, and what must hold of it: replayed by FuzzTests, run by Fuzz.
        .target(
            name: "FuzzedDecoders",
            dependencies: [
                "AttnMath", "CAllocationCounter", "Codecs", "Compute", "Dispatcher", "Fleet", "Settings", "Tokenizer",
                "Transformer", "Triggers",
            ],
            path: "Tests/FuzzedDecoders", swiftSettings: settings),
        .testTarget(
            name: "AttnMathTests",
            dependencies: ["AttnKernels", "AttnMath", "CAllocationCounter", "CAttnKernels"]
                + kernelVariants.map { .target(name: $0.name) },
            resources: [.copy("Vectors")], swiftSettings: settings),
        .testTarget(
            name: "CodecsTests", dependencies: ["Codecs"], resources: [.copy("Vectors")], swiftSettings: settings),
        .testTarget(
            name: "TransformerTests", dependencies: ["AttnMath", "CAllocationCounter", "Codecs", "Transformer"],
            resources: [.copy("Vectors")], swiftSettings: settings),
        .testTarget(
            name: "TokenizerTests", dependencies: ["Codecs", "Tokenizer"], resources: [.copy("Vectors")],
            swiftSettings: settings),
        .testTarget(name: "DemoTests", dependencies: ["Codecs", "Demo"], swiftSettings: settings),
        .testTarget(name: "TriggersTests", dependencies: ["Codecs", "Fleet", "Triggers"], swiftSettings: settings),
        .testTarget(
            name: "FleetTests", dependencies: ["CMutexAnnotations", "Codecs", "Fleet", "TransportConformance"],
            swiftSettings: settings),
        .testTarget(name: "BlobsTests", dependencies: ["Blobs", "Codecs", "Fleet"], swiftSettings: settings),
        .testTarget(
            name: "WorkerTests", dependencies: ["AttnMath", "Codecs", "Fleet", "Worker", logging],
            swiftSettings: settings),
        .testTarget(
            name: "DispatcherTests",
            dependencies: ["AttnMath", "Codecs", "Compute", "Dispatcher", "Fleet", "Models", "Transformer"],
            resources: [.copy("Vectors")], swiftSettings: settings),
        // A program that writes jobs and reports each promise it was given, to be killed in the middle.
        .executableTarget(
            name: "journal-crash", dependencies: ["Dispatcher", "Fleet", "Journal", logging],
            path: "Tests/JournalCrashSupport", swiftSettings: settings),
        .testTarget(
            name: "JournalTests", dependencies: ["journal-crash", "Dispatcher", "Fleet", "Journal", database, logging],
            swiftSettings: settings),
        .testTarget(
            name: "SimulationTests", dependencies: ["Dispatcher", "Fleet", "Simulation", "Worker"],
            swiftSettings: settings),
        .testTarget(
            name: "KernelBenchTests", dependencies: ["AttnMath", "Codecs", "KernelBench"], swiftSettings: settings),
        .testTarget(
            name: "MosquittoTests", dependencies: ["Fleet", "Mosquitto", "TransportConformance"],
            swiftSettings: settings),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "attn", "attn-dispatcher", "attn-worker", "AttnMath", "Client", "Codecs", "Compute", "Dispatcher",
                "Fleet", "LocalFleet", "Models", "Mosquitto", "Transformer", "Triggers", logging,
            ],
            swiftSettings: settings),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzedDecoders"], swiftSettings: settings),
        .testTarget(name: "LocalFleetTests", dependencies: ["attn", "LocalFleet"], swiftSettings: settings),
        .testTarget(
            name: "SettingsTests",
            dependencies: [
                "attn-worker", "Codecs", "CommandOptions", "Fleet", "Mosquitto", "Settings", argumentParser, logging,
            ],
            swiftSettings: settings),
    ] + kernelVariants + fuzzing
)
