// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Testing

@Suite("Contract: lists, watches and forms", .timeLimit(.minutes(2)))
struct ContractReadTests {
    private static let partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    private static let partialList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

    private func fill(_ api: ContractAPI, _ names: [String]) async throws {
        for name in names {
            _ = try await api.send("POST", Sample.configMaps, Sample.configMap(name, labels: ["in": .string(name)]))
        }
    }

    private func names(_ answer: ContractAPI.Answer) -> [String] {
        (answer.body["items"]?.list ?? []).compactMap { $0[at: "metadata", "name"]?.string }
    }

    @Test(
        "selectors choose what a list shows",
        arguments: Implementation.available,
        [
            ("labelSelector=in", ["a", "b", "c"]), ("labelSelector=in%3Da", ["a"]),
            ("labelSelector=in!%3Da,in", ["b", "c"]), ("labelSelector=in%20in%20(a,c)", ["a", "c"]),
            ("labelSelector=in%20notin%20(a,c),in", ["b"]), ("labelSelector=in&fieldSelector=metadata.name%3Db", ["b"]),
            ("labelSelector=in&fieldSelector=metadata.name!%3Db", ["a", "c"]),
        ])
    func selects(on implementation: Implementation, _ row: (query: String, names: [String])) async throws {
        let api = try await ContractAPI(implementation)
        try await fill(api, ["a", "b", "c"])
        #expect(names(try await api.send("GET", "\(Sample.configMaps)?\(row.query)")) == row.names)
    }

    @Test("a list in pages is the whole list", arguments: Implementation.available)
    func pages(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        try await fill(api, ["a", "b", "c"])
        let first = try await api.send("GET", "\(Sample.configMaps)?limit=2&labelSelector=in")
        #expect(names(first) == ["a", "b"])
        let token = first.body[at: "metadata", "continue"]?.string ?? ""
        #expect(!token.isEmpty)
        let second = try await api.send("GET", "\(Sample.configMaps)?limit=2&labelSelector=in&continue=\(token)")
        #expect(names(second) == ["c"])
        #expect(second.body[at: "metadata", "continue"] == nil)
        #expect(second.revision == first.revision)
    }

    @Test("metadata can be had alone", arguments: Implementation.available)
    func showsMetadata(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        try await fill(api, ["a"])
        let one = try await api.send("GET", "\(Sample.configMaps)/a", accept: Self.partial)
        #expect(one.body["kind"] == "PartialObjectMetadata")
        #expect(one.body["apiVersion"] == "meta.k8s.io/v1")
        #expect(one.body["data"] == nil)
        let list = try await api.send(
            "GET", "\(Sample.configMaps)?labelSelector=in", accept: "\(Self.partialList),application/json")
        #expect(list.body["kind"] == "PartialObjectMetadataList")
        #expect(list.body["items"]?.list?.first?["kind"] == "PartialObjectMetadata")
        #expect(try await api.send("GET", "\(Sample.configMaps)/a", accept: "text/html").status == 406)
    }

    @Test("kubectl's table has a row for each object", arguments: Implementation.available)
    func showsTables(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        _ = try await api.send("POST", Sample.deployments, Sample.deployment("a"))
        let table = try await api.send(
            "GET", Sample.deployments, accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")
        #expect(
            table.body["columnDefinitions"]?.list?.compactMap { $0["name"]?.string }
                == ["Name", "Ready", "Up-to-date", "Available", "Age", "Containers", "Images", "Selector"])
        let row = table.body["rows"]?.list?.first
        #expect(row?["cells"]?.list?.prefix(2) == ["a", "0/0"])
        #expect(row?[at: "object", "metadata", "name"] == "a")
    }

    @Test("a watch tells every change in order", arguments: Implementation.available)
    func watches(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let start = try await api.send("GET", Sample.configMaps)
        let path =
            "\(Sample.configMaps)?watch=true&resourceVersion=\(start.revision)&labelSelector=in&timeoutSeconds=20"
        let events = try await api.watch(path, count: 3) {
            try await fill(api, ["a"])
            _ = try await api.merge("\(Sample.configMaps)/a", ["data": ["k": "v"]])
            _ = try await api.send("DELETE", "\(Sample.configMaps)/a")
        }
        #expect(events.map(\.type) == ["ADDED", "MODIFIED", "DELETED"])
        let revisions = events.compactMap { Int($0.object[at: "metadata", "resourceVersion"]?.string ?? "") }
        #expect(revisions == revisions.sorted() && Set(revisions).count == 3)
        #expect(events[2].object[at: "data", "k"] == "v")
    }

    @Test("an object that leaves the selector is deleted for the watcher", arguments: Implementation.available)
    func leavesSelector(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        try await fill(api, ["a"])
        let start = try await api.send("GET", Sample.configMaps)
        let path =
            "\(Sample.configMaps)?watch=true&resourceVersion=\(start.revision)&labelSelector=in%3Da&timeoutSeconds=20"
        let events = try await api.watch(path, count: 2, accept: Self.partial) {
            _ = try await api.merge("\(Sample.configMaps)/a", ["metadata": ["labels": ["in": "elsewhere"]]])
            _ = try await api.merge("\(Sample.configMaps)/a", ["metadata": ["labels": ["in": "a"]]])
        }
        #expect(events.map(\.type) == ["DELETED", "ADDED"])
        #expect(events[0].object["kind"] == "PartialObjectMetadata")
        // The last state that matched, at the revision of the change.
        #expect(events[0].object[at: "metadata", "labels", "in"] == "a")
        #expect(events[0].object[at: "metadata", "resourceVersion"]?.string != start.revision)
    }

    @Test(
        "a watch from nowhere begins with what is there", arguments: Implementation.available,
        ["", "&resourceVersion=0"])
    func watchesFromNow(on implementation: Implementation, _ start: String) async throws {
        let api = try await ContractAPI(implementation)
        try await fill(api, ["a", "b"])
        let events = try await api.watch(
            "\(Sample.configMaps)?watch=true&labelSelector=in&timeoutSeconds=20\(start)", count: 2)
        #expect(events.map(\.type) == ["ADDED", "ADDED"])
        #expect(Set(events.compactMap { $0.object[at: "metadata", "name"]?.string }) == ["a", "b"])
    }

    @Test("initial events end with a marked bookmark", arguments: Implementation.available)
    func marksInitialEvents(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        try await fill(api, ["a"])
        let events = try await api.watch(
            "\(Sample.configMaps)?watch=true&labelSelector=in&timeoutSeconds=20&allowWatchBookmarks=true"
                + "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan", count: 2)
        #expect(events.map(\.type) == ["ADDED", "BOOKMARK"])
        #expect(events.last?.object[at: "metadata", "annotations", "k8s.io/initial-events-end"] == "true")
        #expect(events.last?.object["kind"] == "ConfigMap")
    }

    @Test("a watch ends when its time is up", arguments: Implementation.available)
    func ends(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let start = try await api.send("GET", Sample.configMaps)
        let events = try await api.watch(
            "\(Sample.configMaps)?watch=true&resourceVersion=\(start.revision)&labelSelector=in&timeoutSeconds=1",
            count: 1)
        #expect(events.isEmpty)
    }

    @Test(
        "what is not there is said in the right way", arguments: Implementation.available,
        [
            ("/api/v1/namespaces/NS/configmaps/none", 404, "configmaps \"none\" not found"),
            ("/api/v1/namespaces/NS/foos", 404, "the server could not find the requested resource"),
            ("/api/v1/namespaces/NS/configmaps?labelSelector=a,,%3D", 400, nil),
            (
                "/api/v1/namespaces/NS/configmaps?fieldSelector=data.x%3D1", 400,
                "\"data.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
            ), ("/apis/none.example.com/v1/foos", 404, nil),
        ] as [(String, Int, String?)])
    func refusesReads(on implementation: Implementation, _ row: (path: String, status: Int, message: String?))
        async throws
    {
        let api = try await ContractAPI(implementation)
        let answer = try await api.send("GET", row.path)
        #expect(answer.status == row.status)
        if let message = row.message { #expect(answer.message == message) }
    }
}
