// SPDX-License-Identifier: Apache-2.0

/// Stable codes of everything `Render` can say; `DiagnosticCatalogue` explains each.
enum Codes {
    // Files.
    static let yaml = "KN2001"
    static let duplicateKey = "KN2002"
    static let limit = "KN2003"
    static let unknownKey = "KN2004"
    static let badValue = "KN2005"
    static let missingKey = "KN2006"
    static let missingFile = "KN2007"
    static let badName = "KN2008"
    static let badImage = "KN2009"
    static let strayFile = "KN2010"

    // Values.
    static let reservedName = "KN2101"
    static let typeConflict = "KN2102"
    static let refusedValue = "KN2103"
    static let brokenSchema = "KN2104"

    // Templates.
    static let unknownVariable = "KN2201"
    static let unclosedTag = "KN2202"
    static let badTag = "KN2203"
    static let unclosedSection = "KN2204"
    static let mismatchedSection = "KN2205"
    static let missingPartial = "KN2206"
    static let tooDeep = "KN2207"
    static let tooMuch = "KN2208"
    static let notText = "KN2209"
    static let badPlace = "KN2210"
    static let missingTemplate = "KN2211"

    // Manifests.
    static let noObject = "KN2301"
    static let missingField = "KN2302"
    static let invalidName = "KN2303"
    static let invalidLabel = "KN2304"
    static let duplicateObject = "KN2305"
    static let badSecret = "KN2306"
    static let badHook = "KN2307"
    static let badNeeds = "KN2308"
    static let selectorMismatch = "KN2309"
    static let badQuantity = "KN2310"

    // Schemas of the cluster.
    static let schemaUnknown = "KN2401"
    static let schemaType = "KN2402"
    static let schemaRequired = "KN2403"
    static let schemaValue = "KN2404"
    static let schemaDuplicate = "KN2405"
    static let schemaMissing = "KN2406"
    static let refused = "KN2407"

    // Warnings.
    static let unpinnedImage = "KN2501"
    static let noProbe = "KN2502"
    static let noLimits = "KN2503"
    static let noGracefulStop = "KN2504"
    static let numberLikeVersion = "KN2505"
    static let unusedValue = "KN2506"
    static let unknownSchemaKeyword = "KN2507"
    static let latestImage = "KN2508"
    static let runsAsRoot = "KN2509"
    static let hostAccess = "KN2510"
    static let reachesNothing = "KN2511"
    static let noDisruptionBudget = "KN2512"
    static let needlessNamespace = "KN2513"

    // Merges.
    static let conflictMarkers = "KN2011"

    // Health rules, which the room Health reads.
    static let badHealthRule = "KN2701"
}

/// Codes of what the histories of branches show, for those who compare them.
public enum HistoryCodes {
    public static let leftBehind = "KN2601"
    public static let halfMerged = "KN2602"
}
