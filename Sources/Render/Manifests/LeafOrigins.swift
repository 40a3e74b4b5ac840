// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// Where each leaf of a service's documents comes from.
struct LeafOrigins {
    /// One for each document.
    fileprivate(set) var documents: [[FieldPath: Leaf]] = []

    struct Leaf {
        let origin: Origin
        /// Where it stands in the template, wherever its value is from.
        let template: SourceLocation
        /// How many steps of its path the template wrote; what lies deeper came along with a value.
        let templateSteps: Int
        /// Whether the template made it a string, whatever its values are.
        let isText: Bool
    }

    func origin(of path: FieldPath, _ place: ObjectPlace) -> Origin? {
        guard documents.indices.contains(place.document) else { return nil }
        return documents[place.document][FieldPath(place.path.steps + path.steps)]?.origin
    }

    /// The place of a leaf; of a list or map the place of its first leaf in the template; nil when nothing is there.
    func location(of path: FieldPath, _ place: ObjectPlace, isAboutKey: Bool = false) -> SourceLocation? {
        guard documents.indices.contains(place.document) else { return nil }
        let leaves = documents[place.document]
        var wanted = FieldPath(place.path.steps + path.steps)
        if let leaf = leaves[wanted] { return isAboutKey ? leaf.template : leaf.origin.location }
        while !wanted.steps.isEmpty {
            // The template shows where something should be better than a value from elsewhere.
            let below = leaves.filter { $0.key.steps.starts(with: wanted.steps) }.map(\.value.template)
            if let first = below.min() { return first }
            wanted.steps.removeLast()
        }
        return nil
    }
}

extension ServiceRenderer {
    /// Fills the documents once more, writing down where each leaf comes from.
    func locate() -> LeafOrigins {
        var again = self
        let documents = again.documents(tracksPaths: true)
        var found = LeafOrigins()
        var budget = 4 * context.settings.limits.bytes
        for document in documents {
            var leaves: [(FieldPath, Filler.LeafSource)] = []
            var filler = Filler(bindings: document.bindings, budget: budget) { leaves.append(($0, $1)) }
            _ = filler.value(of: document.fill)
            budget = filler.budget
            var known: [FieldPath: LeafOrigins.Leaf] = [:]
            for (path, source) in leaves {
                let location = document.text.location(of: source.mark)
                let origin =
                    origin(of: source) { document.bindings[$0]?.path } ?? Origin(layer: .template, location: location)
                known[path] = LeafOrigins.Leaf(
                    origin: origin, template: location, templateSteps: path.steps.count - source.valueSteps,
                    isText: source.isText)
            }
            found.documents.append(known)
        }
        return found
    }

    /// The place of a leaf, without a look at all the others; nil where only `origins` can tell.
    func location(ofLeaf path: FieldPath, _ place: ObjectPlace, _ documents: [Document]) -> SourceLocation? {
        let document = documents[place.document]
        guard let tags = document.tags,
            let source = document.fill.source(of: (place.path.steps + path.steps)[...], document.bindings)
        else { return nil }
        let found = origin(of: source) { slot in
            document.bindings[slot] == nil ? nil : FieldPath(tags[slot].path.map { .key($0) })
        }
        return found?.location ?? document.text.location(of: source.mark)
    }

    /// Nil for the template's own text. Of a text made from several values the one of the highest layer counts: it is
    /// the most specific.
    ///
    /// - Parameter path: Of the value that a slot stands for; nil when nothing has its name.
    private func origin(of source: Filler.LeafSource, _ path: (Int) -> FieldPath?) -> Origin? {
        let (slots, rest): ([Int], [FieldPath.Step])
        switch source {
        case .template: return nil
        case .slot(let slot, let inner, _): (slots, rest) = ([slot], inner)
        case .text(let all, _): (slots, rest) = (all, [])
        }
        var best: Origin?
        for slot in slots {
            guard let path = path(slot), let origin = values.origin(of: FieldPath(path.steps + rest)) else {
                continue
            }
            if let known = best, origin.layer < known.layer { continue }
            best = origin
        }
        return best
    }
}

extension Filler.LeafSource {
    fileprivate var isText: Bool {
        if case .text = self { true } else { false }
    }

    /// How many steps of a leaf's path lie inside of a value.
    fileprivate var valueSteps: Int {
        if case .slot(_, let rest, _) = self { rest.count } else { 0 }
    }

    fileprivate var mark: YAMLMark {
        switch self {
        case .template(let mark), .slot(_, _, let mark), .text(_, let mark): mark
        }
    }
}
