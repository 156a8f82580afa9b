// From the generated types of the boundary to those of the Kotlin face. There is no rule in here.

package io.tessera

import io.tessera.uniffi.ErrorInfo
import io.tessera.uniffi.Stamp
import io.tessera.uniffi.ConnectionStatus as NativeConnectionStatus
import io.tessera.uniffi.ErrorKind as NativeErrorKind
import io.tessera.uniffi.Kick as NativeKick
import io.tessera.uniffi.KickReason as NativeKickReason
import io.tessera.uniffi.LogLevel as NativeLogLevel
import io.tessera.uniffi.LoginStatus as NativeLoginStatus
import io.tessera.uniffi.Platform as NativePlatform

internal fun Stamp.toState(): ClientState = ClientState(status.convert(), user, epoch)

internal fun ErrorInfo.convert(): TesseraError =
    TesseraError(kind.convert(), code, desc, retryable, retryAfterMs?.toLong())

internal fun NativeKick.convert(): Kick = Kick(reason.convert(), platform?.convert(), atMs.toLong(), code)

internal fun NativeLoginStatus.convert(): LoginStatus = when (this) {
    NativeLoginStatus.LOGGED_OUT -> LoginStatus.LOGGED_OUT
    NativeLoginStatus.LOGGING_IN -> LoginStatus.LOGGING_IN
    NativeLoginStatus.LOGGED_IN -> LoginStatus.LOGGED_IN
    NativeLoginStatus.LOGGING_OUT -> LoginStatus.LOGGING_OUT
}

internal fun NativeConnectionStatus.convert(): ConnectionStatus = when (this) {
    NativeConnectionStatus.CONNECTED -> ConnectionStatus.CONNECTED
    NativeConnectionStatus.DISCONNECTED -> ConnectionStatus.DISCONNECTED
    NativeConnectionStatus.CONNECTING -> ConnectionStatus.CONNECTING
    NativeConnectionStatus.CONNECT_FAILED -> ConnectionStatus.CONNECT_FAILED
}

internal fun NativeLogLevel.convert(): LogLevel = when (this) {
    NativeLogLevel.NONE -> LogLevel.NONE
    NativeLogLevel.DEBUG -> LogLevel.DEBUG
    NativeLogLevel.INFO -> LogLevel.INFO
    NativeLogLevel.WARN -> LogLevel.WARN
    NativeLogLevel.ERROR -> LogLevel.ERROR
}

private fun NativeErrorKind.convert(): ErrorKind = when (this) {
    NativeErrorKind.SUCCESS -> ErrorKind.SUCCESS
    NativeErrorKind.ARGUMENT -> ErrorKind.ARGUMENT
    NativeErrorKind.STATE -> ErrorKind.STATE
    NativeErrorKind.NETWORK -> ErrorKind.NETWORK
    NativeErrorKind.TICKET -> ErrorKind.TICKET
    NativeErrorKind.ACCOUNT -> ErrorKind.ACCOUNT
    NativeErrorKind.KICKED -> ErrorKind.KICKED
    NativeErrorKind.LIMIT -> ErrorKind.LIMIT
    NativeErrorKind.INTERNAL -> ErrorKind.INTERNAL
}

private fun NativeKickReason.convert(): KickReason = when (this) {
    NativeKickReason.POLICY -> KickReason.POLICY
    NativeKickReason.ADMIN -> KickReason.ADMIN
    NativeKickReason.REVOKED -> KickReason.REVOKED
    NativeKickReason.DISABLED -> KickReason.DISABLED
    NativeKickReason.TICKET_REFUSED -> KickReason.TICKET_REFUSED
    NativeKickReason.OTHER -> KickReason.OTHER
}

private fun NativePlatform.convert(): Platform = when (this) {
    NativePlatform.ANDROID -> Platform.ANDROID
    NativePlatform.IPHONE -> Platform.IPHONE
    NativePlatform.IPAD -> Platform.IPAD
    NativePlatform.WINDOWS -> Platform.WINDOWS
    NativePlatform.MAC -> Platform.MAC
    NativePlatform.LINUX -> Platform.LINUX
    NativePlatform.WEB -> Platform.WEB
}
