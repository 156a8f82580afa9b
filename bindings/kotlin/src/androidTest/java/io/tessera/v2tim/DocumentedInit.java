// V2TIM's two forms of init for Android, from Java as its documentation has them; `AndroidTest` runs them.

package io.tessera.v2tim;

import android.content.Context;

public final class DocumentedInit {
    private DocumentedInit() {
    }

    /** The form of today: the listener is added by itself. */
    public static boolean init(Context context, int sdkAppID, V2TIMSDKListener listener) {
        V2TIMSDKConfig config = new V2TIMSDKConfig();
        config.setLogLevel(V2TIMSDKConfig.V2TIM_LOG_INFO);
        config.setLogListener(new V2TIMLogListener() {
            @Override
            public void onLog(int logLevel, String logContent) {
                // `logContent` is the SDK log content
            }
        });
        V2TIMManager.getInstance().addIMSDKListener(listener);
        return V2TIMManager.getInstance().initSDK(context, sdkAppID, config);
    }

    /** The older form: the listener is an argument. */
    @SuppressWarnings("deprecation")
    public static boolean initWithListener(Context context, int sdkAppID, V2TIMSDKListener listener) {
        V2TIMSDKConfig config = new V2TIMSDKConfig();
        config.setLogLevel(V2TIMSDKConfig.V2TIM_LOG_INFO);
        return V2TIMManager.getInstance().initSDK(context, sdkAppID, config, listener);
    }
}
