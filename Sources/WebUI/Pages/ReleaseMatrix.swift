// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Service × environment: what the start page shows, filtered, sorted and cut into pages. Pure.
struct ReleaseMatrix: Sendable {
    struct Row: Sendable {
        let service: Name
        let team: Name?
        /// One for each environment; nil where the service is not.
        let cells: [ServiceStatus?]
        /// One for each environment, compared with the one before.
        let positions: [Position?]

        var worst: Int { cells.compactMap { $0?.verdict.severity }.min() ?? Verdict.healthy.severity }
        var waiting: Int { positions.reduce(0) { $0 + ($1?.releasesBehind ?? 0) } }
        var newest: Instant? { cells.compactMap { $0?.since }.max() }
    }

    /// What the reader asked for. Unknown values count as not given.
    struct Filter: Sendable, Equatable {
        enum Order: String, Sendable, CaseIterable {
            case status, service, age, behind
        }

        static let pageSizes = 1...200

        var search = ""
        var team: String?
        /// Where `status` and `onlyBehind` look; nil for anywhere.
        var environment: String?
        var status: Verdict?
        var onlyBehind = false
        var order = Order.status
        /// From 1.
        var page = 1
        var pageSize = 100

        init() {}

        init(_ query: Query) {
            search = String((query["q"] ?? "").prefix(63))
            team = query["team"].flatMap { $0.isEmpty ? nil : $0 }
            environment = query["env"].flatMap { $0.isEmpty ? nil : $0 }
            status = query["status"].flatMap { name in Verdict.allCases.first { $0.slug == name } }
            onlyBehind = query["behind"] == "1"
            order = query["sort"].flatMap { Order(rawValue: $0) } ?? .status
            page = max(1, query["page"].flatMap { Int($0) } ?? 1)
        }

        var isEmpty: Bool { search.isEmpty && team == nil && environment == nil && status == nil && !onlyBehind }
    }

    let rows: [Row]
    /// How many rows match, on all pages.
    let total: Int
    let page: Int
    let pageCount: Int
    let firstIndex: Int

    init(_ status: DaemonStatus, _ filter: Filter) {
        let index = filter.environment.map { name in
            status.environments.firstIndex { $0.environment.name.text == name } ?? -1
        }
        let matching = Self.allRows(status).filter { $0.matches(filter, index) }
        let sorted = matching.sorted { Self.precedes($0, $1, filter.order) }
        total = sorted.count
        pageCount = max(1, (total + filter.pageSize - 1) / filter.pageSize)
        page = min(filter.page, pageCount)
        firstIndex = (page - 1) * filter.pageSize
        rows = Array(sorted.dropFirst(firstIndex).prefix(filter.pageSize))
    }

    static func allRows(_ status: DaemonStatus) -> [Row] {
        let columns = status.environments.map { environment in
            Dictionary(environment.services.map { ($0.name, $0) }) { first, _ in first }
        }
        let names = Set(columns.flatMap(\.keys)).sorted()
        return names.map { name in
            let cells = columns.map { $0[name] }
            return Row(
                service: name, team: cells.lazy.compactMap { $0?.team }.first, cells: cells,
                positions: status.environments.map { $0.positions[name] })
        }
    }

    private static func precedes(_ left: Row, _ right: Row, _ order: Filter.Order) -> Bool {
        let names = left.service < right.service
        switch order {
        case .service: return names
        case .behind: return left.waiting == right.waiting ? names : left.waiting > right.waiting
        case .age:
            let (a, b) = (left.newest?.milliseconds ?? 0, right.newest?.milliseconds ?? 0)
            return a == b ? names : a > b
        case .status:
            let (a, b) = (left.urgency, right.urgency)
            return a != b ? a < b : left.waiting != right.waiting ? left.waiting > right.waiting : names
        }
    }
}

extension ReleaseMatrix.Row {
    /// Problems first, each kind for itself; all that is well is one group.
    fileprivate var urgency: Int { min(worst, Verdict.healthy.severity) }

    /// - Parameter environment: The column that the filter is about; nil for all, -1 for one that is not there.
    fileprivate func matches(_ filter: ReleaseMatrix.Filter, _ environment: Int?) -> Bool {
        let cells = environment.map { self.cells.indices.contains($0) ? [self.cells[$0]] : [] } ?? self.cells
        let positions =
            environment.map { self.positions.indices.contains($0) ? [self.positions[$0]] : [] } ?? self.positions
        guard environment == nil || filter.status != nil || cells.contains(where: { $0 != nil }) else { return false }
        let hasName = filter.search.isEmpty || service.text.contains(filter.search.lowercased())
        let hasTeam = filter.team == nil || team?.text == filter.team
        let hasStatus = filter.status.map { status in cells.contains { $0?.verdict ?? .notHere == status } } ?? true
        return hasName && hasTeam && hasStatus && (!filter.onlyBehind || positions.contains { $0?.gap != nil })
    }
}

extension Position {
    /// Releases of the environment before that are not here; 0 or more.
    var releasesBehind: Int {
        if case .behind(let count) = self { count } else { 0 }
    }
}

extension Verdict {
    /// For URLs and JSON: `rolling-out`.
    package var slug: String { rawValue.lowercased().replacing(" ", with: "-") }
}
