// The app in Java, with V2TIM's names.

package io.tessera.driver;

import io.tessera.Kick;
import io.tessera.TesseraError;
import io.tessera.TesseraException;
import io.tessera.v2tim.V2TIMCallback;
import io.tessera.v2tim.V2TIMManager;
import io.tessera.v2tim.V2TIMSDKConfig;
import io.tessera.v2tim.V2TIMSDKListener;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

final class V2TimApp implements App {
    private final V2TIMManager manager = V2TIMManager.getInstance();
    private final Map<String, V2TIMSDKListener> listeners = new ConcurrentHashMap<>();

    @Override
    public boolean init(long app, Map<String, String> settings) {
        V2TIMSDKConfig config = new V2TIMSDKConfig();
        settings.forEach(config::set);
        return manager.initSDK((int) app, config);
    }

    @Override
    public int lastErrorCode() {
        TesseraError error = manager.getLastError();
        return error == null ? 0 : error.getCode();
    }

    @Override
    public void unInit() {
        manager.unInitSDK();
    }

    @Override
    public void login(String user, String ticket, Result result) {
        manager.login(user, ticket, callback(result));
    }

    @Override
    public void blockingLogin(String user, String ticket, Result result) {
        try {
            manager.client().loginBlocking(user, ticket);
            result.completed(0, "", null);
        } catch (TesseraException failed) {
            TesseraError error = failed.getError();
            result.completed(error.getCode(), error.getDesc(), error.isRetryable());
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    @Override
    public void logout(Result result) {
        manager.logout(callback(result));
    }

    @Override
    public void hint() {
        manager.client().notifyNetworkAvailable();
    }

    @Override
    public void provide(Answers answers) {
        manager.setTicketProvider(user -> answers.next());
    }

    @Override
    public void addListener(String name, Reports reports) {
        manager.addIMSDKListener(listeners.computeIfAbsent(name, unknown -> new Listener(reports)));
    }

    @Override
    public void removeListener(String name) {
        manager.removeIMSDKListener(listeners.remove(name));
    }

    @Override
    public void forget() {
        listeners.clear();
    }

    @Override
    public int status() {
        return manager.getLoginStatus();
    }

    @Override
    public String user() {
        return manager.getLoginUser();
    }

    @Override
    public int connection() {
        return manager.client().getConnectionStatus().getNumber();
    }

    private static V2TIMCallback callback(Result result) {
        return new V2TIMCallback() {
            @Override
            public void onSuccess() {
                result.completed(0, "", null);
            }

            @Override
            public void onError(int code, String desc) {
                throw new AssertionError("onErrorEx is overridden");
            }

            @Override
            public void onErrorEx(TesseraError error) {
                result.completed(error.getCode(), error.getDesc(), error.isRetryable());
            }
        };
    }

    private static final class Listener extends V2TIMSDKListener {
        private final Reports reports;

        Listener(Reports reports) {
            this.reports = reports;
        }

        @Override
        public void onConnecting() {
            reports.event("connecting", 0, "");
        }

        @Override
        public void onConnectSuccess() {
            reports.event("connect_success", 0, "");
        }

        @Override
        public void onConnectFailed(int code, String error) {
            reports.event("connect_failed", code, error);
        }

        @Override
        public void onKickedOffline() {
            reports.event("onKickedOffline beside onKickedOfflineEx", 0, "");
        }

        @Override
        public void onKickedOfflineEx(Kick kick) {
            String platform = kick.getPlatform() == null ? "" : kick.getPlatform().getText();
            int code = kick.getCode() == null ? 0 : kick.getCode();
            reports.kicked(kick.getReason().name().toLowerCase(Locale.ROOT), platform, code);
        }

        @Override
        public void onUserSigExpired() {
            reports.event("user_sig_expired", 0, "");
        }
    }
}
