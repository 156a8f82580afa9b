// What both drivers can do: the same app, written once in each language.

package io.tessera.driver;

import java.util.Map;

/** An app that does what it is told. Each method calls the public API of its language once. */
interface App {
    /** Initialises; false if the call says so. */
    boolean init(long app, Map<String, String> settings);

    /** The code of why the last init failed; 0 if it did not. */
    int lastErrorCode();

    void unInit();

    void login(String user, String ticket, Result result);

    void blockingLogin(String user, String ticket, Result result);

    void logout(Result result);

    void hint();

    void provide(Answers answers);

    /** Adds the listener of this name: always the same object for a name, until it is removed. */
    void addListener(String name, Reports reports);

    void removeListener(String name);

    /** Forgets the listeners' objects. */
    void forget();

    int status();

    String user();

    int connection();

    /** The result of a call. */
    interface Result {
        void completed(int code, String desc, Boolean retryable);
    }

    /** What a listener is called with; it throws if the listener has to. */
    interface Reports {
        void event(String event, int code, String desc);

        void kicked(String reason, String platform, int code);
    }

    /** The ticket provider: the next ticket, an error, or no answer for ever. */
    interface Answers {
        String next() throws InterruptedException;
    }
}
