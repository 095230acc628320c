extension TopicPattern {
    /// Whether a topic that a template gives for one of this filter's topics may match the filter itself: then results would
    /// trigger again, without end.
    ///
    /// What a placeholder stands for is not known here, so it is taken to be anything that it might be.
    func mayMatch(_ template: TemplateText) -> Bool {
        let levels = levels(of: template)
        return mayMatch(filter: literals[...], levels[...])
    }

    private enum Level {
        case literal(String)
        /// One level that begins so.
        case one(prefix: String)
        /// Any number of levels, at least one, of which the first begins so.
        case several(prefix: String)
    }

    /// The template's levels; of one that has a placeholder in it, what stands in front of it is known.
    private func levels(of template: TemplateText) -> [Level] {
        var levels: [Level] = []
        var current = Level.literal("")
        for piece in template.pieces {
            switch piece {
            case .placeholder(let placeholder):
                switch current {
                case .literal(let prefix), .one(let prefix):
                    current = isSeveral(placeholder) ? .several(prefix: prefix) : .one(prefix: prefix)
                case .several: break
                }
            case .literal(let literal):
                let parts = literal.split(separator: "/", omittingEmptySubsequences: false)
                for (position, part) in parts.enumerated() {
                    if position > 0 {
                        levels.append(current)
                        current = .literal("")
                    }
                    if case .literal(let text) = current { current = .literal(text + part) }
                }
            }
        }
        return levels + [current]
    }

    private func isSeveral(_ placeholder: Placeholder) -> Bool {
        switch placeholder {
        case .wildcard(let number): isRest(number)
        case .field(.topic): true
        case .field(.sensor): wildcardCount != 1 || isRest(1)
        // Names of triggers have no slash; of models they may.
        case .field(.model): true
        case .field: false
        }
    }

    /// - Parameter filter: levels; nil for `+`, and for `#` if it is the last.
    private func mayMatch(filter: ArraySlice<String?>, _ levels: ArraySlice<Level>) -> Bool {
        let isRest = filter.count == 1 && levelsBeforeRest != nil
        guard let wanted = filter.first else { return levels.isEmpty }
        if isRest { return true }
        guard let level = levels.first else { return false }
        switch level {
        case .literal(let text):
            return (wanted == nil || wanted == text) && mayMatch(filter: filter.dropFirst(), levels.dropFirst())
        case .one(let prefix):
            return wanted?.hasPrefix(prefix) != false && mayMatch(filter: filter.dropFirst(), levels.dropFirst())
        case .several(let prefix):
            guard wanted?.hasPrefix(prefix) != false else { return false }
            return (1...filter.count).contains { mayMatch(filter: filter.dropFirst($0), levels.dropFirst()) }
        }
    }
}
