// SPDX-License-Identifier: Apache-2.0

/// What set a value, from lowest to highest precedence.
public enum Layer: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Text of the template itself, or of a partial.
    case template
    case defaults
    case environmentDefaults
    case service
    case release
    case environmentService
    /// A reserved name: from the record and the environment, never overridden.
    case reserved
    /// Filled in by normalization: the environment's namespace, a port's protocol.
    case normalization

    public static func < (left: Layer, right: Layer) -> Bool { left.rank < right.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// Where one leaf of a rendered object, or one value, comes from.
public struct Origin: Sendable, Hashable {
    public let layer: Layer
    public let location: SourceLocation
    /// The value's own path among the service's values, `resources.limits.memory`; nil for template text.
    public let value: FieldPath?
    /// Lower layers' values for the same path, highest first; empty when nothing is overridden.
    public let overridden: [Overridden]

    public struct Overridden: Sendable, Hashable {
        public let layer: Layer
        public let location: SourceLocation
        public let value: Value

        public init(layer: Layer, location: SourceLocation, value: Value) {
            self.layer = layer
            self.location = location
            self.value = value
        }
    }

    public init(layer: Layer, location: SourceLocation, value: FieldPath? = nil, overridden: [Overridden] = []) {
        self.layer = layer
        self.location = location
        self.value = value
        self.overridden = overridden
    }

    /// The place of the value and those of the values below it.
    public var places: [SourceLocation] { [location] + overridden.map(\.location) }
}

/// One line of a rendered manifest's canonical YAML.
public struct AnnotatedLine: Sendable, Hashable {
    public let text: String
    /// The path of the leaf that starts on this line; nil for lines that only open a map or list or continue a text.
    public let path: FieldPath?
    public let origin: Origin?

    public init(text: String, path: FieldPath?, origin: Origin?) {
        self.text = text
        self.path = path
        self.origin = origin
    }
}

/// One object of a service with the origin of each leaf.
public struct AnnotatedManifest: Sendable, Hashable {
    public let manifest: Manifest
    /// Canonical YAML, without the `---` between documents.
    public let lines: [AnnotatedLine]

    public init(manifest: Manifest, lines: [AnnotatedLine]) {
        self.manifest = manifest
        self.lines = lines
    }
}

/// One of a service's values: a leaf after all layers were merged.
public struct ExplainedValue: Sendable, Hashable {
    public let path: FieldPath
    public let value: Value
    public let origin: Origin

    public init(path: FieldPath, value: Value, origin: Origin) {
        self.path = path
        self.value = value
        self.origin = origin
    }
}

/// Everything about one service in one environment at one commit; computed when asked, never kept.
public struct ServiceDetail: Sendable {
    public let service: RenderedService
    public let commit: Commit?
    public let manifests: [AnnotatedManifest]
    /// In the order of their paths.
    public let values: [ExplainedValue]
    /// Who last changed the lines that `places` names; empty until somebody asked.
    public var changes = LineChanges()
    /// One sentence on why `changes` lack something; nil when they do not.
    public var changesRemark: String?

    public init(
        service: RenderedService, commit: Commit?, manifests: [AnnotatedManifest], values: [ExplainedValue]
    ) {
        self.service = service
        self.commit = commit
        self.manifests = manifests
        self.values = values
    }

    /// Every place that this detail names.
    public var places: Set<SourceLocation> {
        var places: Set<SourceLocation> = []
        for origin in manifests.flatMap(\.lines).compactMap(\.origin) { places.formUnion(origin.places) }
        for value in values { places.formUnion(value.origin.places) }
        return places
    }
}
