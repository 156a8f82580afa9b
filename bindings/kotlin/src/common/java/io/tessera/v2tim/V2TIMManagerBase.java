// V2TIM's manager but for its init, whose arguments differ between Android and a plain JVM. It only gives V2TIM's names
// and shapes to the shared client.

package io.tessera.v2tim;

import io.tessera.Client;
import io.tessera.ClientConfig;
import io.tessera.ResultListener;
import io.tessera.TesseraError;
import io.tessera.TesseraException;
import io.tessera.TicketProvider;

/** What {@code V2TIMManager} has on every platform. */
public abstract class V2TIMManagerBase {
    /** A user is logged in. */
    public static final int V2TIM_STATUS_LOGINED = Numbers.V2TIM_STATUS_LOGINED;
    /** A login is under way. */
    public static final int V2TIM_STATUS_LOGINING = Numbers.V2TIM_STATUS_LOGINING;
    /** Nobody is logged in, or is being logged out. */
    public static final int V2TIM_STATUS_LOGOUT = Numbers.V2TIM_STATUS_LOGOUT;

    private static final int MILLIS_PER_SECOND = 1000;

    private final Client client = Client.getShared();

    V2TIMManagerBase() {
    }

    /** The client under it, for what V2TIM has no name for. */
    public final Client client() {
        return client;
    }

    final boolean init(int sdkAppID, V2TIMSDKConfig config, ClientConfig settings) {
        if (config != null) {
            settings.setAll(config);
            V2TIMLogListener log = config.getLogListener();
            if (log != null) {
                settings.setLogListener((level, text) -> log.onLog(level.getNumber(), text));
            }
        }
        try {
            client.init(sdkAppID, settings);
            return true;
        } catch (TesseraException refused) {
            return false;
        }
    }

    /** Why the last {@code initSDK} was false; {@code null} if it was true. */
    public final TesseraError getLastError() {
        return client.getLastError();
    }

    /** Ends everything; see {@link Client#unInit()}. */
    public void unInitSDK() {
        client.unInit();
    }

    /**
     * Logs in. Status and user are the new ones when it returns; the callback follows.
     *
     * @param callback may be {@code null}
     */
    public void login(String userID, String userSig, V2TIMCallback callback) {
        client.login(textOf(userID), textOf(userSig), resultOf(callback));
    }

    /**
     * Logs out. It succeeds when nobody is logged in, and whatever the network does.
     *
     * @param callback may be {@code null}
     */
    public void logout(V2TIMCallback callback) {
        client.logout(resultOf(callback));
    }

    /** The user, or an empty text unless logged in. Reads a field. */
    public String getLoginUser() {
        String user = client.getLoginUser();
        return user == null ? "" : user;
    }

    /** {@link #V2TIM_STATUS_LOGINED}, {@link #V2TIM_STATUS_LOGINING} or {@link #V2TIM_STATUS_LOGOUT}. Reads a field. */
    public int getLoginStatus() {
        return client.getStatus().getNumber();
    }

    /** Adds a listener, before or after init. The same one twice counts once. unInitSDK forgets it. */
    public void addIMSDKListener(V2TIMSDKListener listener) {
        if (listener != null) {
            client.addListener(new SdkListenerAdapter(listener));
        }
    }

    /** Removes a listener. When it returns, no callback of it runs, except the one that this was called from. */
    public void removeIMSDKListener(V2TIMSDKListener listener) {
        if (listener != null) {
            client.removeListener(new SdkListenerAdapter(listener));
        }
    }

    /** Sets who is asked for a new ticket before the one in use expires; V2TIM has no such thing. */
    public void setTicketProvider(TicketProvider provider) {
        client.setBlockingTicketProvider(provider);
    }

    /** Version of the SDK. */
    public String getVersion() {
        return Client.getVersion();
    }

    /** Gateway time in seconds of Unix time; 0 until the gateway told it since init. */
    public long getServerTime() {
        return client.getServerTimeMs() / MILLIS_PER_SECOND;
    }

    private static String textOf(String text) {
        return text == null ? "" : text;
    }

    private static ResultListener resultOf(V2TIMCallback callback) {
        return error -> {
            if (callback == null) {
                return;
            }
            if (error == null) {
                callback.onSuccess();
            } else {
                callback.onErrorEx(error);
            }
        };
    }
}
