// A stand-in for Android's log, so that the documentation's snippets compile on a plain JVM.

package io.tessera.v2tim;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

final class Log {
    private static final BlockingQueue<String> LINES = new LinkedBlockingQueue<>();
    private static final int PATIENCE_S = 30;

    private Log() {
    }

    static void i(String tag, String text) {
        LINES.add(tag + ": " + text);
    }

    static void await(String line) {
        await(line, line::equals);
    }

    static void awaitPart(String part) {
        await(part, line -> line.startsWith(part));
    }

    private static void await(String what, Predicate<String> matches) {
        try {
            String line;
            do {
                line = LINES.poll(PATIENCE_S, TimeUnit.SECONDS);
                if (line == null) {
                    throw new AssertionError(what + " did not come");
                }
            } while (!matches.test(line));
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }
}
