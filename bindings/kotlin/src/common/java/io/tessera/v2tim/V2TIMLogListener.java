// V2TIM's receiver of log lines.

package io.tessera.v2tim;

/** Told what the SDK logs, in the delivery context. */
public abstract class V2TIMLogListener {
    /**
     * One line, without tickets and keys.
     *
     * @param logLevel a number of {@link V2TIMSDKConfig}, such as {@link V2TIMSDKConfig#V2TIM_LOG_INFO}
     * @param logContent the line
     */
    public void onLog(int logLevel, String logContent) {
    }
}
