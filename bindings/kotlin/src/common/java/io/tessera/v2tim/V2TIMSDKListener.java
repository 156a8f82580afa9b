// V2TIM's listener: every event that its documentation names, with empty bodies.

package io.tessera.v2tim;

import io.tessera.Kick;
import java.util.List;

/**
 * The events of the connection and the session. Override those that matter; they are called one at a time, in order, in
 * the delivery context. What one throws is reported to the log and hurts nobody else.
 */
public abstract class V2TIMSDKListener {
    /** The connection is being made, at first or again. */
    public void onConnecting() {
    }

    /** The connection is there. */
    public void onConnectSuccess() {
    }

    /** A try to connect has failed; the next follows by itself. */
    public void onConnectFailed(int code, String error) {
    }

    /** Somebody else ended the session: the user is logged out. */
    public void onKickedOffline() {
    }

    /**
     * Told instead of {@link #onKickedOffline()}, with the reason. As it stands it calls that one, which V2TIM has; the
     * SDK calls this alone.
     */
    public void onKickedOfflineEx(Kick kick) {
        onKickedOffline();
    }

    /** The ticket has expired: the user is logged out. Get a new one and log in. */
    public void onUserSigExpired() {
    }

    /** Never fires: profiles are outside the session layer. */
    public void onSelfInfoUpdated(V2TIMUserFullInfo info) {
    }

    /** Never fires: presence is outside the session layer. */
    public void onUserStatusChanged(List<V2TIMUserStatus> userStatusList) {
    }

    /** Never fires: profiles are outside the session layer. */
    public void onUserInfoChanged(List<V2TIMUserFullInfo> userInfoList) {
    }

    /** Never fires: messages are outside the session layer. */
    public void onAllReceiveMessageOptChanged(V2TIMReceiveMessageOptInfo receiveMessageOptInfo) {
    }

    /** Never fires: there is no experimental API here. */
    public void onExperimentalNotify(String key, Object param) {
    }
}
