// The driver's part that is the same in every language: commands in, replies and events out, hooks in between.

package io.tessera.driver;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** Plays one device. It knows no scenario, and remembers nothing that a getter could tell. */
final class Host {
    private static final String MAIN = "main";

    private final Gson gson = new Gson();
    private final PrintStream out;
    private final App app;
    private final String driver;
    /** True while this thread is inside a call that a command has made. */
    private final ThreadLocal<Boolean> inCall = ThreadLocal.withInitial(() -> false);
    private final List<Hook> hooks = new ArrayList<>();
    private final Deque<JsonElement> answers = new ArrayDeque<>();

    Host(String driver, App app, PrintStream out) {
        this.driver = driver;
        this.app = app;
        this.out = out;
    }

    void run() throws IOException, InterruptedException {
        warmUp();
        JsonObject hello = new JsonObject();
        hello.addProperty("driver", driver);
        hello.addProperty("numbering", "android");
        say(hello);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            say(carryOut(gson.fromJson(line, JsonObject.class)));
        }
    }

    /**
     * A first call loads classes for longer than a gateway takes to answer, and then the reply would tell what is there
     * after the result. So there is one before the first command: a login without init, which fails.
     */
    private void warmUp() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(2);
        app.login("", "", (code, desc, retryable) -> done.countDown());
        app.logout((code, desc, retryable) -> done.countDown());
        done.await();
        gson.toJson(withState(new JsonObject()));
    }

    private JsonObject carryOut(JsonObject command) {
        inCall.set(true);
        JsonObject reply = new JsonObject();
        try {
            reply.addProperty("reply", command.get("id").getAsLong());
            boolean ok = act(command);
            reply.addProperty("ok", ok);
            int code = ok ? 0 : app.lastErrorCode();
            if (code != 0) {
                reply.addProperty("code", code);
            }
        } finally {
            inCall.set(false);
        }
        return withState(reply);
    }

    private boolean act(JsonObject act) {
        switch (text(act, "do")) {
            case "init":
                app.addListener(MAIN, reports(MAIN, false));
                return app.init(act.get("app").getAsLong(), settings(act.getAsJsonObject("settings")));
            case "un_init":
                app.unInit();
                break;
            case "login":
                app.login(text(act, "user"), text(act, "ticket"), result(text(act, "call")));
                break;
            case "blocking_login":
                app.blockingLogin(text(act, "user"), text(act, "ticket"), result(text(act, "call")));
                break;
            case "logout":
                app.logout(result(text(act, "call")));
                break;
            case "hint":
                app.hint();
                break;
            case "provider":
                provide(act.getAsJsonArray("answers"));
                break;
            case "add_listener":
                boolean throwing = act.has("throws") && act.get("throws").getAsBoolean();
                app.addListener(text(act, "name"), reports(text(act, "name"), throwing));
                break;
            case "remove_listener":
                app.removeListener(text(act, "name"));
                break;
            case "when":
                addHook(text(act, "event"), act.getAsJsonObject("then"));
                break;
            case "state":
                break;
            case "reset":
                reset();
                break;
            default:
                throw new IllegalArgumentException(text(act, "do"));
        }
        return true;
    }

    private void reset() {
        app.unInit();
        app.forget();
        synchronized (this) {
            hooks.clear();
            answers.clear();
        }
    }

    private void provide(JsonArray next) {
        synchronized (this) {
            answers.clear();
            next.forEach(answers::add);
        }
        app.provide(() -> {
            JsonElement answer;
            synchronized (this) {
                answer = answers.poll();
            }
            report(event("ticket_request"), true);
            if (answer == null) {
                throw new IllegalStateException("no more tickets");
            }
            if (!answer.isJsonObject()) {
                new CountDownLatch(1).await();
            }
            if (!answer.getAsJsonObject().has("ticket")) {
                throw new IllegalStateException(text(answer.getAsJsonObject(), "error"));
            }
            return text(answer.getAsJsonObject(), "ticket");
        });
    }

    private App.Result result(String call) {
        return (code, desc, retryable) -> {
            JsonObject event = event("result");
            event.addProperty("call", call);
            if (code != 0) {
                event.addProperty("code", code);
                event.addProperty("desc", desc);
                event.addProperty("retryable", retryable);
            }
            report(event, true);
        };
    }

    private App.Reports reports(String listener, boolean throwing) {
        return new App.Reports() {
            @Override
            public void event(String name, int code, String desc) {
                JsonObject event = Host.event(name);
                if (code != 0) {
                    event.addProperty("code", code);
                    event.addProperty("desc", desc);
                }
                report(event);
            }

            @Override
            public void kicked(String reason, String platform, int code) {
                JsonObject event = Host.event("kicked_offline");
                event.addProperty("reason", reason);
                event.addProperty("platform", platform);
                event.addProperty("code", code);
                report(event);
            }

            private void report(JsonObject event) {
                event.addProperty("listener", listener);
                Host.this.report(event, listener.equals(MAIN));
                if (throwing) {
                    throw new AssertionError("this listener always throws");
                }
            }
        };
    }

    /** Reports a callback, and then does what its hook says. */
    private void report(JsonObject event, boolean main) {
        String name = text(event, "event");
        if (inCall.get() && main && !name.equals("result")) {
            event.addProperty("inside_call", true);
        }
        // Taken before the event is told: the hook that the answer to it brings is for the next one.
        JsonObject then = main ? takeHook(name) : null;
        say(withState(event));
        if (then != null) {
            boolean outer = inCall.get();
            inCall.set(false);
            act(then);
            inCall.set(outer);
        }
    }

    private synchronized void addHook(String event, JsonObject then) {
        hooks.add(new Hook(event, then));
    }

    private synchronized JsonObject takeHook(String event) {
        for (Iterator<Hook> each = hooks.iterator(); each.hasNext();) {
            Hook hook = each.next();
            if (hook.event.equals(event)) {
                each.remove();
                return hook.then;
            }
        }
        return null;
    }

    private JsonObject withState(JsonObject line) {
        line.addProperty("status", app.status());
        line.addProperty("user", app.user());
        line.addProperty("connection", app.connection());
        return line;
    }

    private synchronized void say(JsonObject line) {
        out.println(gson.toJson(line));
        out.flush();
    }

    private static JsonObject event(String name) {
        JsonObject event = new JsonObject();
        event.addProperty("event", name);
        return event;
    }

    private static Map<String, String> settings(JsonObject settings) {
        Map<String, String> map = new HashMap<>();
        settings.entrySet().forEach(entry -> map.put(entry.getKey(), entry.getValue().getAsString()));
        return map;
    }

    private static String text(JsonObject object, String name) {
        return object.get(name).getAsString();
    }

    /** What to do at the next event of a name. */
    private static final class Hook {
        private final String event;
        private final JsonObject then;

        Hook(String event, JsonObject then) {
            this.event = event;
            this.then = then;
        }
    }
}
