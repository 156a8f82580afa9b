// What a client is initialised with on a plain JVM.

package io.tessera

import io.tessera.internal.Host
import io.tessera.internal.JvmHost

/** Every setting, and who is told what is logged. */
public class ClientConfig : CommonConfig() {
    internal val host: Host get() = JvmHost
}
