// The Java snippets of V2TIM's documentation for Android, as they stand there; only the imports differ. `Log` is in this
// package, because Android's is not on a plain JVM.

package io.tessera.v2tim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tessera.TestGateway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SnippetsTest {
    private final TestGateway gateway = new TestGateway();

    @AfterEach
    void end() {
        V2TIMManager.getInstance().unInitSDK();
        gateway.close();
    }

    /** Initialising, as the documentation of {@code initSDK} shows it, without Android's context. */
    private void init() {
        // Initialize the `config` object
        V2TIMSDKConfig config = new V2TIMSDKConfig();
        // Specify the log output level
        config.setLogLevel(V2TIMSDKConfig.V2TIM_LOG_INFO);
        // Specify the log listener
        config.setLogListener(new V2TIMLogListener() {
            @Override
            public void onLog(int logLevel, String logContent) {
                // `logContent` is the SDK log content
            }
        });
        gateway.configure(config, "phone");
        V2TIMManager.getInstance().addIMSDKListener(new V2TIMSDKListener() {
            @Override
            public void onConnecting() {
                Log.i("imsdk", "connecting");
            }

            @Override
            public void onConnectSuccess() {
                Log.i("imsdk", "connected");
            }

            @Override
            public void onKickedOffline() {
                Log.i("imsdk", "kicked");
            }
        });
        V2TIMManager.getInstance().initSDK((int) gateway.getApp(), config);
    }

    private void login(String userID, String userSig) {
        V2TIMManager.getInstance().login(userID, userSig, new V2TIMCallback() {
            @Override
            public void onSuccess() {
                Log.i("sdk", "success");
            }

            @Override
            public void onError(int code, String desc) {
                // The following error codes indicate an expired `userSig`, and you need to generate a new one for login again.
                // 1. ERR_USER_SIG_EXPIRED (6206)
                // 2. ERR_SVR_ACCOUNT_USERSIG_EXPIRED (70001)
                // Note: Do not call the login API in case of other error codes; otherwise, the SDK may enter an infinite loop of login.
                Log.i("sdk", "failure, code:" + code + ", desc:" + desc);
            }
        });
    }

    private void logout() {
        V2TIMManager.getInstance().logout(new V2TIMCallback() {
            @Override
            public void onSuccess() {
                Log.i("imsdk", "success");
            }

            @Override
            public void onError(int code, String desc) {
                Log.i("imsdk", "failure, code:" + code + ", desc:" + desc);
            }
        });
    }

    @Test
    void theFlowsOfTheDocumentation() {
        init();
        login("alice", gateway.sign("alice", 60));
        Log.await("sdk: success");
        // Get the `UserID` of the logged-in user
        String loginUserID = V2TIMManager.getInstance().getLoginUser();
        assertEquals("alice", loginUserID);
        int loginStatus = V2TIMManager.getInstance().getLoginStatus();
        assertEquals(V2TIMManager.V2TIM_STATUS_LOGINED, loginStatus);

        // An account switch: no logout before. The answer has to wait, so that the status can be seen.
        gateway.fault("phone", "stall");
        login("bob", gateway.sign("bob", 60));
        assertEquals(V2TIMManager.V2TIM_STATUS_LOGINING, V2TIMManager.getInstance().getLoginStatus());
        gateway.fault("phone", "restore");
        Log.await("sdk: success");
        assertEquals("bob", V2TIMManager.getInstance().getLoginUser());

        gateway.kick("bob");
        Log.await("imsdk: kicked");
        assertEquals("", V2TIMManager.getInstance().getLoginUser());
        login("bob", "no ticket");
        Log.awaitPart("sdk: failure, code:70003, desc:");

        login("alice", gateway.sign("alice", 60));
        Log.await("sdk: success");
        logout();
        Log.await("imsdk: success");
        switch (V2TIMManager.getInstance().getLoginStatus()) {
            case V2TIMManager.V2TIM_STATUS_LOGOUT:
                break;
            default:
                throw new AssertionError("logged out");
        }
    }
}
