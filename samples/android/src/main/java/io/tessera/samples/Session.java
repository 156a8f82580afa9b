// The session of an app in Java, as V2TIM's documentation for Android writes it. The gateway is named nowhere in the
// code: TESSERA_SERVER_URL says where it is, on Android <meta-data> of the manifest.

package io.tessera.samples;

import android.util.Log;
import io.tessera.v2tim.BaseConstants;
import io.tessera.v2tim.V2TIMCallback;
import io.tessera.v2tim.V2TIMManager;
import io.tessera.v2tim.V2TIMSDKConfig;
import io.tessera.v2tim.V2TIMSDKListener;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

final class Session extends V2TIMSDKListener {
    private final UnaryOperator<String> userSigs;
    private final Consumer<String> show;

    /** An app gets its tickets, by the user's id, from its own server. */
    Session(UnaryOperator<String> userSigs, Consumer<String> show) {
        this.userSigs = userSigs;
        this.show = show;
    }

    /** At the start of the app. */
    void start(int sdkAppID) {
        V2TIMSDKConfig config = new V2TIMSDKConfig();
        config.setLogLevel(V2TIMSDKConfig.V2TIM_LOG_INFO);
        V2TIMManager.getInstance().addIMSDKListener(this);
        // On Android: initSDK(context, sdkAppID, config)
        boolean started = V2TIMManager.getInstance().initSDK(sdkAppID, config);
        show.accept(started ? "initialised" : "not initialised: " + V2TIMManager.getInstance().getLastError());
    }

    /** A first login needs no sign-up; a second one of somebody else switches the account. */
    void login(String userID) {
        login(userID, userSigs.apply(userID));
    }

    void login(String userID, String userSig) {
        V2TIMManager.getInstance().login(userID, userSig, new V2TIMCallback() {
            @Override
            public void onSuccess() {
                Log.i("sdk", "success");
                show.accept("logged in as " + V2TIMManager.getInstance().getLoginUser());
            }

            @Override
            public void onError(int code, String desc) {
                Log.i("sdk", "failure, code:" + code + ", desc:" + desc);
                // These two say that the ticket has expired. With any other code the app does not try again by itself.
                if (code == BaseConstants.ERR_USER_SIG_EXPIRED || code == BaseConstants.ERR_SVR_ACCOUNT_USERSIG_EXPIRED) {
                    show.accept("ticket refused");
                    login(userID);
                } else {
                    show.accept("login failed: " + code);
                }
            }
        });
    }

    /** When the app stops using it. */
    void stop() {
        V2TIMManager.getInstance().logout(new V2TIMCallback() {
            @Override
            public void onSuccess() {
                V2TIMManager.getInstance().unInitSDK();
                show.accept("logged out");
            }

            @Override
            public void onError(int code, String desc) {
                show.accept("logout failed: " + code);
            }
        });
    }

    @Override
    public void onConnectSuccess() {
        show.accept("connected");
    }

    @Override
    public void onKickedOffline() {
        show.accept("logged in on another device");
    }

    @Override
    public void onUserSigExpired() {
        show.accept("ticket expired");
    }
}
