// V2TIM's result of a call that gives a value.

package io.tessera.v2tim;

import io.tessera.TesseraError;

/** Told the result of a call, once, in the delivery context. */
public interface V2TIMValueCallback<T> {
    /** The call has succeeded. */
    void onSuccess(T t);

    /**
     * The call has failed.
     *
     * @param code the number of {@link BaseConstants}
     * @param desc a sentence for a person
     */
    void onError(int code, String desc);

    /** Calls {@link #onError(int, String)}; override it to learn whether a retry can help. V2TIM has no such method. */
    default void onErrorEx(TesseraError error) {
        onError(error.getCode(), error.getDesc());
    }
}
