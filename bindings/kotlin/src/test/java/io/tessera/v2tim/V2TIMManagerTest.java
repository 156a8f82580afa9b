// V2TIM's names from Java: shapes and corner cases that scenarios do not see.

package io.tessera.v2tim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tessera.Kick;
import io.tessera.TesseraError;
import io.tessera.TestGateway;
import io.tessera.TicketProvider;
import java.lang.reflect.Modifier;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class V2TIMManagerTest {
    private final TestGateway gateway = new TestGateway();
    private final V2TIMManager manager = V2TIMManager.getInstance();

    @AfterEach
    void end() {
        manager.unInitSDK();
        gateway.close();
    }

    private boolean init() {
        V2TIMSDKConfig config = new V2TIMSDKConfig();
        gateway.configure(config, "phone");
        return manager.initSDK((int) gateway.getApp(), config);
    }

    private static String of(CompletableFuture<String> result) throws Exception {
        return result.get(20, TimeUnit.SECONDS);
    }

    private static V2TIMCallback into(CompletableFuture<String> result) {
        return new V2TIMCallback() {
            @Override
            public void onSuccess() {
                result.complete("success");
            }

            @Override
            public void onError(int code, String desc) {
                result.complete(code + ": " + desc);
            }
        };
    }

    @Test
    void initIsABooleanAndSaysWhyItFailed() {
        // C9 C23
        V2TIMSDKConfig wrong = new V2TIMSDKConfig();
        wrong.setServerUrl("http://nowhere");
        assertFalse(manager.initSDK(1, wrong));
        TesseraError error = manager.getLastError();
        assertEquals(BaseConstants.ERR_INVALID_PARAMETERS, error.getCode());
        assertTrue(init());
        assertTrue(init(), "the same app again is a success");
        assertNull(manager.getLastError());
        assertFalse(manager.initSDK(7, new V2TIMSDKConfig()));
        assertEquals(BaseConstants.ERR_SDK_HAD_INITIALIZED, manager.getLastError().getCode());
        assertEquals(V2TIMSDKConfig.V2TIM_LOG_DEBUG, new V2TIMSDKConfig().getLogLevel());
    }

    @Test
    void withoutInitThereIsA6013AndNobody() throws Exception {
        // C5
        CompletableFuture<String> result = new CompletableFuture<>();
        manager.login("alice", "ticket", into(result));
        assertTrue(of(result).startsWith("6013: "));
        assertEquals("", manager.getLoginUser());
        assertEquals(V2TIMManager.V2TIM_STATUS_LOGOUT, manager.getLoginStatus());
        assertEquals(0, manager.getServerTime());
    }

    @Test
    void nullsAreArguments() throws Exception {
        // C4
        assertTrue(init());
        CompletableFuture<String> result = new CompletableFuture<>();
        manager.login(null, null, into(result));
        assertTrue(of(result).startsWith("6017: "));
        manager.addIMSDKListener(null);
        manager.removeIMSDKListener(null);
        manager.login("alice", gateway.sign("alice", 60), null);
        CompletableFuture<String> out = new CompletableFuture<>();
        manager.logout(null);
        manager.logout(into(out));
        assertEquals("success", of(out));
    }

    @Test
    void aKickHasAReasonForThoseWhoAsk() throws Exception {
        // C12
        CompletableFuture<String> kicked = new CompletableFuture<>();
        CompletableFuture<String> plain = new CompletableFuture<>();
        StringBuilder twice = new StringBuilder();
        manager.addIMSDKListener(new V2TIMSDKListener() {
            @Override
            public void onKickedOffline() {
                twice.append("told twice");
            }

            @Override
            public void onKickedOfflineEx(Kick kick) {
                kicked.complete(kick.getReason().name());
            }
        });
        manager.addIMSDKListener(new V2TIMSDKListener() {
            @Override
            public void onKickedOffline() {
                manager.removeIMSDKListener(this);
                plain.complete("plain");
            }
        });
        assertTrue(init());
        CompletableFuture<String> in = new CompletableFuture<>();
        manager.login("alice", gateway.sign("alice", 60), into(in));
        assertEquals("success", of(in));
        assertTrue(manager.getServerTime() > 1_000_000_000L);
        gateway.kick("alice");
        assertEquals("ADMIN", of(kicked));
        assertEquals("plain", of(plain));
        assertEquals("", twice.toString());
        CompletableFuture<Boolean> retry = new CompletableFuture<>();
        manager.login("alice", "no ticket", new V2TIMCallback() {
            @Override
            public void onSuccess() {
                retry.complete(null);
            }

            @Override
            public void onError(int code, String desc) {
                retry.complete(null);
            }

            @Override
            public void onErrorEx(TesseraError error) {
                retry.complete(error.isRetryable());
            }
        });
        assertEquals(false, retry.get(20, TimeUnit.SECONDS));
    }

    @Test
    void aTicketProviderInJavaMayBlockThrowAndReturnNoTicket() throws Exception {
        // C15
        V2TIMSDKConfig config = new V2TIMSDKConfig();
        gateway.configure(config, "phone");
        config.setTicketRenewPercent(10L);
        config.setTicketRequestIntervalMs(10L);
        config.setTicketRetryMinMs(10L);
        assertTrue(manager.initSDK((int) gateway.getApp(), config));
        CompletableFuture<String> asked = new CompletableFuture<>();
        Queue<TicketProvider> answers = new ConcurrentLinkedQueue<>();
        answers.add(user -> {
            throw new java.io.IOException("the app's server cannot be reached");
        });
        answers.add(user -> null);
        answers.add(user -> "half a character: \uD800");
        answers.add(user -> {
            asked.complete(user);
            return gateway.sign(user, 360_000);
        });
        AtomicReference<Throwable> uncaught = new AtomicReference<>();
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> uncaught.set(thrown));
        try {
            manager.setTicketProvider(user -> answers.remove().ticketFor(user));
            CompletableFuture<String> in = new CompletableFuture<>();
            manager.login("alice", gateway.sign("alice", 3600), into(in));
            assertEquals("success", of(in));
            gateway.moveClock(1_000_000);
            assertEquals("alice", of(asked));
            assertEquals("alice", manager.getLoginUser());
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
        assertNull(uncaught.get());
    }

    @Test
    void halfACharacterIsAWrongArgumentLikeAnyOther() throws Exception {
        // C4 C18
        V2TIMSDKConfig config = new V2TIMSDKConfig();
        config.setDeviceDir("/tmp/\uD800");
        assertFalse(manager.initSDK(1, config));
        assertEquals(BaseConstants.ERR_INVALID_PARAMETERS, manager.getLastError().getCode());
        assertTrue(manager.getLastError().getDesc().contains("device_dir"), manager.getLastError().getDesc());
        config = new V2TIMSDKConfig();
        config.set("colour \uDC00", "blue");
        assertFalse(manager.initSDK(1, config));
        assertTrue(init());
        CompletableFuture<String> user = new CompletableFuture<>();
        manager.login("al\uD800ice", gateway.sign("alice", 60), into(user));
        assertTrue(of(user).startsWith("7003: "), of(user));
        CompletableFuture<String> ticket = new CompletableFuture<>();
        manager.login("alice", gateway.sign("alice", 60) + "\uDC00", into(ticket));
        assertTrue(of(ticket).startsWith("70003: "), of(ticket));
    }

    @Test
    void everyEventOfTheDocumentationHasAMethodWithABody() {
        // C19
        long events = java.util.Arrays.stream(V2TIMSDKListener.class.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .filter(method -> !Modifier.isAbstract(method.getModifiers()))
                .map(java.lang.reflect.Method::getName)
                .filter(name -> !name.equals("onKickedOfflineEx"))
                .distinct()
                .count();
        assertEquals(10, events);
        assertTrue(Modifier.isAbstract(V2TIMSDKListener.class.getModifiers()));
    }
}
