// SPDX-License-Identifier: Apache-2.0

/// A release record: what Jenkins commits as `releases/<service>.yaml`.
public struct ReleaseRecord: Sendable, Hashable {
    public let service: Name
    public let version: String
    /// Any valid image reference, with a digest at best.
    public let image: String
    /// Further containers' images by name; usually empty.
    public let images: [String: String]
    public let build: Build?
    public let source: SourceRevision?
    public let releasedAt: Instant?
    public let releasedBy: String?
    public let note: String?

    public struct Build: Sendable, Hashable {
        public let number: Int64?
        public let url: String?
        public let job: String?

        public init(number: Int64?, url: String?, job: String?) {
            self.number = number
            self.url = url
            self.job = job
        }
    }

    /// The application's own commit.
    public struct SourceRevision: Sendable, Hashable {
        public let url: String?
        public let branch: String?
        public let commit: String?
        public let message: String?
        public let author: String?

        public init(url: String?, branch: String?, commit: String?, message: String?, author: String?) {
            self.url = url
            self.branch = branch
            self.commit = commit
            self.message = message
            self.author = author
        }
    }

    public init(
        service: Name, version: String, image: String, images: [String: String] = [:], build: Build? = nil,
        source: SourceRevision? = nil, releasedAt: Instant? = nil, releasedBy: String? = nil, note: String? = nil
    ) {
        self.service = service
        self.version = version
        self.image = image
        self.images = images
        self.build = build
        self.source = source
        self.releasedAt = releasedAt
        self.releasedBy = releasedBy
        self.note = note
    }
}
