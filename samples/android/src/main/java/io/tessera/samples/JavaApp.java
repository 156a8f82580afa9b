// Plays the story of an app in Java, and checks what its user is shown. It is run beside `tessera-with-gateway`.

package io.tessera.samples;

import io.tessera.v2tim.V2TIMManager;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Its argument is the SDKAppID. */
public final class JavaApp {
    private static final int PATIENCE_S = 30;
    /** What the user was shown, in order. An app with a screen would not wait for it. */
    private final BlockingQueue<String> shown = new LinkedBlockingQueue<>();
    private final Session session = new Session(World::userSig, shown::add);

    public static void main(String[] arguments) throws InterruptedException {
        new JavaApp().run(Integer.parseInt(arguments[0]));
    }

    private void run(int sdkAppID) throws InterruptedException {
        session.start(sdkAppID);
        // initSDK connects, and onConnectSuccess may come before it has returned.
        expect("initialised");
        session.login("alice");
        expect("logged in as alice");
        int loginStatus = V2TIMManager.getInstance().getLoginStatus();
        require(loginStatus == V2TIMManager.V2TIM_STATUS_LOGINED, "the status is " + loginStatus);

        // Without the network the app does nothing: the SDK goes online again by itself.
        World.loseTheGateway();
        expect("connected");
        require(user().equals("alice"), "still logged in");

        // A login of somebody else switches the account; no logout comes before it.
        session.login("bob");
        require(!user().equals("alice"), "alice is logged out at once");
        expect("logged in as bob");

        // A ticket that has expired before the login is told by the code, and a new one helps.
        session.login("carol", World.oldUserSig("carol"));
        expect("ticket refused", "logged in as carol");

        // One that expires during the session is told by the listener.
        World.expire("carol");
        expect("ticket expired");
        require(V2TIMManager.getInstance().getLoginStatus() == V2TIMManager.V2TIM_STATUS_LOGOUT, "expired");
        session.login("carol");
        expect("logged in as carol");

        // Kicked: the user decides.
        SecondDevice.login(sdkAppID, "carol", World.userSig("carol"));
        expect("logged in on another device");
        require(user().isEmpty(), "nobody is logged in after a kick");

        // The ticket of somebody else. Any code like that is shown, and nothing follows by itself.
        session.login("dave", World.userSig("carol"));
        expect("login failed: 70013");

        session.login("dave");
        expect("logged in as dave");
        session.stop();
        expect("logged out");
        System.out.println("1 passed, 0 failed, 0 skipped");
    }

    private static String user() {
        return V2TIMManager.getInstance().getLoginUser();
    }

    private void expect(String... lines) throws InterruptedException {
        for (String expected : lines) {
            String line;
            do {
                line = shown.poll(PATIENCE_S, TimeUnit.SECONDS);
                // The SDK connects by itself whenever it has to.
            } while ("connected".equals(line) && !expected.equals(line));
            require(expected.equals(line), "expected: " + expected + ", but it was: " + line);
        }
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
