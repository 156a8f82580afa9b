// V2TIM's manager on a plain JVM.

package io.tessera.v2tim;

import io.tessera.ClientConfig;

/** The shared client under V2TIM's names. */
public class V2TIMManager extends V2TIMManagerBase {
    private static final V2TIMManager INSTANCE = new V2TIMManager();

    private V2TIMManager() {
    }

    /** The one manager. */
    public static V2TIMManager getInstance() {
        return INSTANCE;
    }

    /**
     * Initialises; false on failure, with the reason in {@link #getLastError()}. True again with the same app: the first
     * configuration is kept.
     *
     * @param config may be {@code null}
     */
    public boolean initSDK(int sdkAppID, V2TIMSDKConfig config) {
        return init(sdkAppID, config, new ClientConfig());
    }
}
