// The rows of Swift in the bench table: `cargo xtask bench swift`. Beside each is plain UniFFI, without the layer above.

import Dispatch
import Foundation

/// Callbacks of the first client run on the main queue, as in an app; so everything else runs here.
Thread {
    do {
        try getters()
        try batches()
        try latencies()
        exit(0)
    } catch {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        exit(1)
    }
}.start()
dispatchMain()
