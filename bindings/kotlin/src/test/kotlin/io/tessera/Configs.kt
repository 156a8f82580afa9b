// A configuration on a plain JVM; on Android it needs a context.

package io.tessera

fun TestGateway.config(client: String = "phone"): ClientConfig = ClientConfig().also { configure(it, client) }
