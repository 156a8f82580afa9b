// The conformance drivers of the JVM: `java` calls V2TIM's names from Java, `kotlin` the Kotlin face.

package io.tessera.driver;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Starts the driver that the argument names. */
public final class Main {
    private Main() {
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8.name());
        // Whatever else prints must not get into the protocol.
        System.setOut(System.err);
        String driver = arguments[0];
        App app = driver.equals("kotlin") ? new KotlinApp() : new V2TimApp();
        new Host(driver, app, out).run();
    }
}
