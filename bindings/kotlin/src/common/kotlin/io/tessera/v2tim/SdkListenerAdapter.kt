// A V2TIM listener as a listener of the Kotlin face.

package io.tessera.v2tim

import io.tessera.ClientListener
import io.tessera.Kick
import io.tessera.StandsFor
import io.tessera.TesseraError

internal class SdkListenerAdapter(private val listener: V2TIMSDKListener) : ClientListener, StandsFor {
    override val target: Any get() = listener

    override fun onConnecting() = listener.onConnecting()

    override fun onConnectSuccess() = listener.onConnectSuccess()

    override fun onConnectFailed(error: TesseraError) = listener.onConnectFailed(error.code, error.desc)

    override fun onKickedOffline(kick: Kick) {
        listener.onKickedOffline()
        listener.onKickedOfflineEx(kick)
    }

    override fun onUserSigExpired() = listener.onUserSigExpired()
}
