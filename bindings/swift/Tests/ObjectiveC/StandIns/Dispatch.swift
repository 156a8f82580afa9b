// In the place of Apple's.

import ObjectiveC

public final class DispatchQueue: NSObject, @unchecked Sendable {}
