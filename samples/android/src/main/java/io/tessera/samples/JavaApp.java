// An app in Java as V2TIM's documentation for Android writes it: login, account switch, kick, logout. The gateway is
// named nowhere in the code: TESSERA_SERVER_URL says where it is, on Android <meta-data> of the manifest.

package io.tessera.samples;

import android.util.Log;
import io.tessera.v2tim.V2TIMCallback;
import io.tessera.v2tim.V2TIMManager;
import io.tessera.v2tim.V2TIMSDKConfig;
import io.tessera.v2tim.V2TIMSDKListener;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Arguments: the SDKAppID, a user, the user's ticket (UserSig), another user, and that one's ticket. */
public final class JavaApp {
    private static final int PATIENCE_S = 30;
    /** What the callbacks have told. An app with a screen would show it instead of waiting for it. */
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    public static void main(String[] arguments) throws InterruptedException {
        new JavaApp().run(Integer.parseInt(arguments[0]), arguments[1], arguments[2], arguments[3], arguments[4]);
    }

    private void run(int sdkAppID, String userID, String userSig, String otherID, String otherSig)
            throws InterruptedException {
        init(sdkAppID);
        login(userID, userSig);
        await("login: success");
        // Get the `UserID` of the logged-in user
        String loginUserID = V2TIMManager.getInstance().getLoginUser();
        require(loginUserID.equals(userID), "the user is " + loginUserID);
        int loginStatus = V2TIMManager.getInstance().getLoginStatus();
        require(loginStatus == V2TIMManager.V2TIM_STATUS_LOGINED, "the status is " + loginStatus);

        // Another account: only the one that logged in last is online.
        login(otherID, otherSig);
        await("login: success");
        require(V2TIMManager.getInstance().getLoginUser().equals(otherID), "an account switch");

        // The ticket of somebody else: no reason to try again.
        login(userID, otherSig);
        await("login: failure, code:70013");

        login(userID, userSig);
        await("login: success");
        SecondDevice.login(sdkAppID, userID, userSig);
        await("kicked");
        require(V2TIMManager.getInstance().getLoginStatus() == V2TIMManager.V2TIM_STATUS_LOGOUT, "kicked");
        require(V2TIMManager.getInstance().getLoginUser().isEmpty(), "nobody is logged in after a kick");

        login(userID, userSig);
        await("login: success");
        logout();
        await("logout: success");
        V2TIMManager.getInstance().unInitSDK();
        System.out.println("1 passed, 0 failed, 0 skipped");
    }

    private void init(int sdkAppID) {
        V2TIMSDKConfig config = new V2TIMSDKConfig();
        config.setLogLevel(V2TIMSDKConfig.V2TIM_LOG_INFO);
        V2TIMManager.getInstance().addIMSDKListener(new V2TIMSDKListener() {
            @Override
            public void onConnectSuccess() {
                Log.i("imsdk", "connected");
            }

            @Override
            public void onKickedOffline() {
                Log.i("imsdk", "kicked offline");
                told.add("kicked");
            }

            @Override
            public void onUserSigExpired() {
                Log.i("imsdk", "the ticket has expired: log in with a new one");
            }
        });
        // On Android: initSDK(context, sdkAppID, config)
        boolean started = V2TIMManager.getInstance().initSDK(sdkAppID, config);
        require(started, "initSDK: " + V2TIMManager.getInstance().getLastError());
    }

    private void login(String userID, String userSig) {
        V2TIMManager.getInstance().login(userID, userSig, new V2TIMCallback() {
            @Override
            public void onSuccess() {
                Log.i("sdk", "success");
                told.add("login: success");
            }

            @Override
            public void onError(int code, String desc) {
                // The following error codes indicate an expired `userSig`, and you need to generate a new one for login again.
                // 1. ERR_USER_SIG_EXPIRED (6206)
                // 2. ERR_SVR_ACCOUNT_USERSIG_EXPIRED (70001)
                // Note: Do not call the login API in case of other error codes; otherwise, the SDK may enter an infinite loop of login.
                Log.i("sdk", "failure, code:" + code + ", desc:" + desc);
                told.add("login: failure, code:" + code);
            }
        });
    }

    private void logout() {
        V2TIMManager.getInstance().logout(new V2TIMCallback() {
            @Override
            public void onSuccess() {
                Log.i("imsdk", "success");
                told.add("logout: success");
            }

            @Override
            public void onError(int code, String desc) {
                Log.i("imsdk", "failure, code:" + code + ", desc:" + desc);
            }
        });
    }

    private void await(String expected) throws InterruptedException {
        String line = told.poll(PATIENCE_S, TimeUnit.SECONDS);
        require(expected.equals(line), "expected: " + expected + ", but it was: " + line);
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
