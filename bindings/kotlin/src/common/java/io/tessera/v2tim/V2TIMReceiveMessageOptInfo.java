// A type of V2TIM that only the signature of a listener's method needs.

package io.tessera.v2tim;

/** A message setting of V2TIM. It is outside the session layer, so there is never a value of it. */
public final class V2TIMReceiveMessageOptInfo {
    private V2TIMReceiveMessageOptInfo() {
    }
}
