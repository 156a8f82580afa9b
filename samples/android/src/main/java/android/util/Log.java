// A stand-in for Android's class of this name, so that code that was written for Android runs on a plain JVM. In an app
// for Android there is no such file.

package android.util;

/** Writes to standard output. */
public final class Log {
    private Log() {
    }

    /** A line for people. */
    public static int i(String tag, String text) {
        System.out.println(tag + ": " + text);
        return 0;
    }
}
