// The world around the apps, which is no part of them: the app's server, an operator, and the gateway itself. It asks
// `tessera-with-gateway`, beside which the apps are run: a line that begins with `@`, and the answer on standard input.

package io.tessera.samples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

final class World {
    private static final long SECOND_MS = 1_000;
    private static final long MINUTE_MS = 60_000;
    private static final BufferedReader ANSWERS =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));

    private World() {
    }

    /** What the app's server does. */
    static String userSig(String userID) {
        return ask("sign " + userID + " 3600");
    }

    /** A ticket that the app has kept for too long: it was good for a minute, two minutes ago. */
    static String oldUserSig(String userID) {
        long now = Long.parseLong(ask("now"));
        return ask("sign " + userID + " 60 " + (now - 2 * MINUTE_MS));
    }

    /** The ticket of the user's session expires, with all others that were signed in the same second. */
    static void expire(String userID) throws InterruptedException {
        ask("expire " + userID);
        Thread.sleep(SECOND_MS);
    }

    /** The connection is lost, and there is none for a moment. */
    static void loseTheGateway() {
        ask("restart");
    }

    private static synchronized String ask(String what) {
        System.out.println("@" + what);
        try {
            String answer = ANSWERS.readLine();
            if (answer == null || !answer.startsWith("ok")) {
                throw new IllegalStateException(what + ": " + answer);
            }
            return answer.substring("ok".length()).trim();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
