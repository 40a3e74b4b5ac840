// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every Swift target of the house.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// A room: its folder, its module and its import have one name.
func room(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: house)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: house)
}

/// A C library of the system, seen through `Sources/CLibraries/<name>/shim.h`.
func library(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
    name: "kubernaut",
    products: [.executable(name: "kubernaut", targets: ["kubernaut"])],
    targets: [
        // C libraries, each with one owner among the rooms below.
        library("CLibgit2", pkgConfig: "libgit2", apt: "libgit2-dev"),
        library("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
        library("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        library("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
        library("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        library("CPostgres", pkgConfig: "libpq", apt: "libpq-dev"),
        library("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        .target(name: "CPosix", path: "Sources/CLibraries/CPosix"),
        .target(
            name: "CSimdjson",
            path: "Sources/CLibraries/CSimdjson",
            cxxSettings: [.unsafeFlags(["-std=c++17", "-O2"])],
            linkerSettings: [.linkedLibrary("simdjson")]),
        .target(
            name: "CHTTPServer",
            path: "Sources/CLibraries/CHTTPServer",
            linkerSettings: [
                .linkedLibrary("event"), .linkedLibrary("event_openssl"), .linkedLibrary("event_pthreads"),
                .linkedLibrary("ssl"), .linkedLibrary("crypto"),
            ]),

        // Words everyone shares, and the machinery below them.
        room("Domain", []),
        room("Platform", ["Domain", "Lifecycle", "CPosix"]),
        room("Lifecycle", ["Domain", "CPosix"]),
        room("Logging", ["Domain", "Lifecycle", "JSON", "CPosix"]),
        room("Metrics", ["Domain", "Lifecycle"]),
        room("Crypto", ["Domain", "COpenSSL"]),
        room("JSON", ["Domain", "CSimdjson"]),
        room("YAML", ["Domain", "CYAML"]),

        // The way of the data.
        room("HTTPClient", ["Domain", "Platform", "Lifecycle", "CCurl"]),
        room("GitSource", ["Domain", "Platform", "Lifecycle", "Logging", "Crypto", "HTTPClient", "CLibgit2", "CZlib"]),
        room("Render", ["Domain", "Lifecycle", "YAML", "JSON", "Crypto"]),
        room("Health", ["Domain", "JSON", "YAML"], resources: [.embedInCode("Rules")]),
        room("KubernetesAPI", ["Domain", "Platform", "Lifecycle", "Logging", "JSON", "YAML", "HTTPClient"]),
        room("Reconciler", ["Domain", "Lifecycle", "Logging", "JSON", "Crypto", "Health"]),
        room("Changes", ["Domain", "Lifecycle", "YAML", "JSON", "Crypto", "Render"]),
        room("Signatures", ["Domain", "Platform", "Lifecycle", "Logging", "JSON", "Crypto"]),
        room("History", ["Domain", "Lifecycle", "JSON", "Crypto", "Access", "CSQLite", "CPostgres"]),
        room("Access", ["Domain", "Lifecycle", "Logging", "JSON", "Crypto", "HTTPClient"]),
        room("HTTPServer", ["Domain", "Platform", "Lifecycle", "CHTTPServer", "CZlib"]),
        room("Notifications", ["Domain", "Platform", "Lifecycle", "Logging", "JSON", "Crypto", "HTTPClient"]),
        room("Webhooks", ["Domain", "Lifecycle", "JSON", "Crypto"]),
        room(
            "WebUI",
            [
                "Domain", "Lifecycle", "Logging", "JSON", "Crypto", "HTTPServer", "Access", "Changes", "Render",
                "Webhooks",
            ]),
        room("GitHubStandIn", ["Domain", "Lifecycle", "JSON", "Crypto", "HTTPServer"]),
        room(
            "EmbeddedCluster", ["Domain", "Platform", "Lifecycle", "Logging", "JSON", "YAML", "Crypto", "HTTPServer"]),

        // The front door: builds everything, decides nothing.
        room(
            "CLI",
            [
                "Domain", "Platform", "Lifecycle", "Logging", "Metrics", "Crypto", "JSON", "YAML", "HTTPClient",
                "GitSource",
                "Render", "Changes", "Signatures", "Health", "KubernetesAPI", "Reconciler", "History", "HTTPServer",
                "WebUI",
                "EmbeddedCluster", "Access", "GitHubStandIn", "Webhooks", "Notifications",

            ]),
        .executableTarget(name: "kubernaut", dependencies: ["CLI"], swiftSettings: house),

        // Tests mirror the rooms; TestKit is an ordinary target they share.
        .target(
            name: "TestKit", dependencies: ["Domain", "Platform", "Lifecycle", "JSON", "HTTPClient", "HTTPServer"],
            path: "Tests/TestKit",
            swiftSettings: house),
        tests("DomainTests", ["Domain"]),
        tests("JSONTests", ["Domain", "JSON"]),
        tests("CryptoTests", ["Domain", "Crypto", "Platform", "TestKit"]),
        tests("PlatformTests", ["Lifecycle", "Platform", "TestKit"]),
        tests("LifecycleTests", ["Domain", "Lifecycle", "Logging"]),
        tests("MetricsTests", ["Metrics"]),
        tests("YAMLTests", ["Domain", "YAML", "JSON"]),
        tests(
            "RenderTests", ["Domain", "Render", "YAML", "JSON", "Platform", "TestKit"],
            exclude: ["Golden", "Fixtures"]),
        tests("HealthTests", ["Domain", "Health", "JSON", "YAML"], exclude: ["Fixtures"]),
        tests("HTTPClientTests", ["Domain", "HTTPClient", "HTTPServer", "Platform", "TestKit"]),
        tests(
            "AccessTests",
            ["Domain", "Access", "GitHubStandIn", "Crypto", "HTTPClient", "HTTPServer", "JSON", "Lifecycle", "TestKit"]),
        tests(
            "NotificationsTests",
            ["Domain", "Notifications", "Crypto", "HTTPClient", "HTTPServer", "JSON", "Platform"]),
        tests("WebhooksTests", ["Domain", "Webhooks", "Crypto", "JSON"]),
        tests("HTTPServerTests", ["Domain", "HTTPServer", "Platform", "TestKit"]),
        tests("GitSourceTests", ["Domain", "GitSource", "Lifecycle", "Logging", "Platform", "TestKit"]),
        tests(
            "KubernetesAPITests",
            ["Domain", "KubernetesAPI", "HTTPServer", "HTTPClient", "JSON", "Platform", "TestKit"]),
        tests(
            "ReconcilerTests",
            [
                "Domain", "Reconciler", "Health", "JSON", "Crypto", "Lifecycle", "Logging", "TestKit", "KubernetesAPI",
                "EmbeddedCluster", "HTTPServer",
            ]),
        tests(
            "ChangesTests",
            ["Domain", "Changes", "GitSource", "Render", "YAML", "JSON", "Lifecycle", "Logging", "Platform", "TestKit"]),
        tests(
            "SignaturesTests",
            ["Domain", "Signatures", "Crypto", "GitSource", "Lifecycle", "Logging", "Platform", "TestKit"]),
        tests("HistoryTests", ["Domain", "History", "Access", "Lifecycle", "Platform", "TestKit"]),
        tests(
            "WebUITests",
            [
                "Domain", "WebUI", "Access", "Changes", "GitSource", "Render", "History", "HTTPServer", "JSON",
                "Crypto",
                "Lifecycle", "Logging", "TestKit",
            ]),
        tests(
            "EmbeddedClusterTests",
            [
                "Domain", "EmbeddedCluster", "Lifecycle", "HTTPServer", "HTTPClient", "KubernetesAPI", "JSON",
                "Platform", "TestKit",
            ]),
        tests(
            "CLITests",
            [
                "Domain", "CLI", "JSON", "YAML", "Lifecycle", "Platform", "EmbeddedCluster", "History", "HTTPServer",
                "KubernetesAPI", "Webhooks", "Notifications", "Metrics", "Logging", "TestKit", "kubernaut",
            ]),
        tests(
            "EndToEndTests",
            [
                "Domain", "Platform", "Lifecycle", "JSON", "GitHubStandIn", "HTTPClient", "HTTPServer", "TestKit",
                "kubernaut",
            ]),
    ],
    swiftLanguageModes: [.v6]
)

// The fuzz targets need libFuzzer's main function, so an ordinary build cannot link them: `Fuzz/run` asks for them.
if Context.environment["KUBERNAUT_FUZZ"] != nil {
    func fuzzer(_ name: String) -> Target {
        .executableTarget(
            name: name, dependencies: ["FuzzKit"], path: "Fuzz/\(name)",
            swiftSettings: house + [.unsafeFlags(["-parse-as-library"])])
    }
    package.targets += [
        .target(
            name: "FuzzKit", dependencies: ["Domain", "YAML", "JSON", "Render", "Crypto"], path: "Fuzz/FuzzKit",
            swiftSettings: house),
        fuzzer("FuzzYAML"), fuzzer("FuzzMustache"), fuzzer("FuzzRelease"), fuzzer("FuzzPipeline"),
    ]
}

// What rendering costs inside of a process that stays; `Benchmarks/run` asks for it.
if Context.environment["KUBERNAUT_BENCH"] != nil {
    package.targets.append(
        .executableTarget(
            name: "BenchRender", dependencies: ["Domain", "GitSource", "Render", "CPosix"],
            path: "Benchmarks/BenchRender", swiftSettings: house + [.unsafeFlags(["-parse-as-library"])]))
}
