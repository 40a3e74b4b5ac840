// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// The values that no file can set: from the release record and the environment.
enum ReservedValues {
    /// What is the same for all services.
    static func layer(of environment: Environment, pipelinePath: String) -> ValueLayer {
        var members = [
            member("environment", environment.name.text), member("namespace", environment.namespace),
        ]
        if let cluster = environment.cluster { members.append(member("cluster", cluster)) }
        return ValueLayer(layer: .reserved, file: pipelinePath, root: map(members))
    }

    /// - Parameters:
    ///   - release: Nil for a service without a release.
    ///   - shared: What `layer(of:pipelinePath:)` made.
    static func layers(
        service: Name, release: (file: ReleaseFile, path: String)?, shared: ValueLayer
    ) -> [ValueLayer] {
        guard let release else {
            let members = (shared.root.members ?? []) + [member("service", service.text)]
            return [ValueLayer(layer: .reserved, file: shared.file, root: map(members))]
        }
        return [shared, ValueLayer(layer: .reserved, file: release.path, root: root(of: release.file))]
    }

    private static let recordNames = ["service", "image", "images", "build"]

    private static func root(of file: ReleaseFile) -> YAMLNode {
        let written = file.root.members ?? []
        var members: [YAMLMember] = []
        for written in written where recordNames.contains(written.key) {
            members.append(written)
        }
        let version = written.first { $0.key == "version" }
        let versionMember = member("version", file.record.version, like: version)
        members.append(versionMember)
        if let commit = file.record.source?.commit {
            let place = file.root["source"]?.members?.first { $0.key == "commit" }
            members.append(member("commit", commit, like: place))
        }
        // All of the record but what a template gets as values, and its id.
        var record = written.filter { $0.key != "values" && $0.key != "version" }
        record.append(versionMember)
        record.append(member("id", file.record.id))
        members.append(
            YAMLMember(
                key: "release", keyMark: file.root.mark, value: YAMLNode(content: .map(record), mark: file.root.mark)))
        return YAMLNode(content: .map(members), mark: file.root.mark)
    }

    private static func map(_ members: [YAMLMember]) -> YAMLNode {
        YAMLNode(content: .map(members), mark: nowhere)
    }

    /// A text with the place of the member that it stands for; without one, the file as a whole.
    private static func member(_ key: String, _ text: String, like other: YAMLMember? = nil) -> YAMLMember {
        let scalar = YAMLScalar(value: .string(text), text: text, style: .doubleQuoted)
        return YAMLMember(
            key: key, keyMark: other?.keyMark ?? nowhere,
            value: YAMLNode(content: .scalar(scalar), mark: other?.value.mark ?? nowhere))
    }

    private static let nowhere = YAMLMark(line: 0, column: 0)
}
