// V2TIM's configuration, with every setting of Tessera as a property beside.

package io.tessera.v2tim;

import io.tessera.Settings;

/** What V2TIMManager is initialised with. Nothing needs to be set: see {@code docs/settings.md} for where else. */
public class V2TIMSDKConfig extends Settings {
    /** Nothing is logged. */
    public static final int V2TIM_LOG_NONE = Numbers.V2TIM_LOG_NONE;
    /** Everything is logged: the default. */
    public static final int V2TIM_LOG_DEBUG = Numbers.V2TIM_LOG_DEBUG;
    /** Changes of state, and everything worse. */
    public static final int V2TIM_LOG_INFO = Numbers.V2TIM_LOG_INFO;
    /** What may need attention, and everything worse. */
    public static final int V2TIM_LOG_WARN = Numbers.V2TIM_LOG_WARN;
    /** Only faults. */
    public static final int V2TIM_LOG_ERROR = Numbers.V2TIM_LOG_ERROR;

    private static final String LOG_LEVEL = "log_level";

    private V2TIMLogListener logListener;
    private int logLevel = V2TIM_LOG_DEBUG;

    /** The lowest level of what is logged. */
    public int getLogLevel() {
        return logLevel;
    }

    /** Sets the lowest level of what is logged. */
    public void setLogLevel(int logLevel) {
        this.logLevel = logLevel;
        set(LOG_LEVEL, Integer.toString(logLevel));
    }

    /** Who is told what is logged; {@code null} for nobody. */
    public V2TIMLogListener getLogListener() {
        return logListener;
    }

    /** Sets who is told what is logged. */
    public void setLogListener(V2TIMLogListener logListener) {
        this.logListener = logListener;
    }
}
