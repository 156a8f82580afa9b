// A login from a plain JVM. The gateway's address is a setting: TESSERA_SERVER_URL, and TESSERA_ALLOW_PLAIN=true for ws://.

package io.tessera.sample;

import io.tessera.v2tim.V2TIMCallback;
import io.tessera.v2tim.V2TIMManager;
import io.tessera.v2tim.V2TIMSDKListener;
import java.util.concurrent.CountDownLatch;

/** Logs in, says who is logged in, and logs out. */
public final class Main {
    private Main() {
    }

    /** Arguments: the SDKAppID, a user, and the user's ticket (UserSig). */
    public static void main(String[] arguments) throws InterruptedException {
        V2TIMManager manager = V2TIMManager.getInstance();
        manager.addIMSDKListener(new V2TIMSDKListener() {
            @Override
            public void onConnectSuccess() {
                System.out.println("connected");
            }
        });
        if (!manager.initSDK(Integer.parseInt(arguments[0]), null)) {
            System.err.println("init failed: " + manager.getLastError());
            System.exit(1);
        }
        CountDownLatch done = new CountDownLatch(1);
        manager.login(arguments[1], arguments[2], new V2TIMCallback() {
            @Override
            public void onSuccess() {
                System.out.println("logged in: " + manager.getLoginUser());
                done.countDown();
            }

            @Override
            public void onError(int code, String desc) {
                System.out.println("login failed with " + code + ": " + desc);
                done.countDown();
            }
        });
        done.await();
        manager.unInitSDK();
    }
}
