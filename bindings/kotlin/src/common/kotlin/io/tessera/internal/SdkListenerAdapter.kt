// A V2TIM listener as a listener of the Kotlin face.

package io.tessera.internal

import io.tessera.ClientListener
import io.tessera.Kick
import io.tessera.TesseraError
import io.tessera.v2tim.V2TIMSDKListener

internal class SdkListenerAdapter(private val listener: V2TIMSDKListener) : ClientListener, StandsFor {
    override val target: Any get() = listener

    override fun onConnecting() = listener.onConnecting()

    override fun onConnectSuccess() = listener.onConnectSuccess()

    override fun onConnectFailed(error: TesseraError) = listener.onConnectFailed(error.code, error.desc)

    /** One call: a listener that removes itself in it is not called again (C19). */
    override fun onKickedOffline(kick: Kick) = listener.onKickedOfflineEx(kick)

    override fun onUserSigExpired() = listener.onUserSigExpired()
}
