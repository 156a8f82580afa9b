// The delegates of V2TIM's Unity API, and what V2TIM has no name for: error, kick, listener.

using System;

namespace Tessera.V2TIM
{
    /// <summary>
    /// The result of a call. <c>code</c> is 0 or one of <see cref="TIMErrCode"/>; <c>user_data</c> is always empty,
    /// because nobody gives any.
    /// </summary>
    public delegate void ValueCallback(int code, string desc, string json_param, string user_data);

    /// <summary>The result of a call with a value, as newer versions of V2TIM have it.</summary>
    public delegate void ValueCallback<T>(int code, string desc, T data, string user_data);

    /// <summary>The result of a call without a value, as newer versions of V2TIM have it.</summary>
    public delegate void NullValueCallback(int code, string desc, string user_data);

    /// <summary>The state of the connection has changed; code and text say why, after a failure.</summary>
    public delegate void NetworkStatusListenerCallback(TIMNetworkStatus status, int code, string desc, string user_data);

    /// <summary>Somebody else ended the session: the user is logged out (C12).</summary>
    public delegate void KickedOfflineCallback(string user_data);

    /// <summary>The ticket has expired: the user is logged out; get a new ticket and log in (C14).</summary>
    public delegate void UserSigExpiredCallback(string user_data);

    /// <summary>A line of the SDK's log.</summary>
    public delegate void LogCallback(TIMLogLevel log_level, string log, string user_data);

    /// <summary>Why something failed.</summary>
    public sealed class TIMError
    {
        /// <summary>One of <see cref="TIMErrCode"/>, or a number that a newer gateway knows.</summary>
        public int Code { get; internal set; }

        /// <summary>A sentence for a person.</summary>
        public string Desc { get; internal set; }

        /// <summary>Whether the same call can succeed later without a change (C17).</summary>
        public bool Retryable { get; internal set; }

        /// <summary>When to try again at the earliest; zero if nobody said so.</summary>
        public TimeSpan RetryAfter { get; internal set; }

        /// <summary>Number and text.</summary>
        public override string ToString()
        {
            return Code + ": " + Desc;
        }
    }

    /// <summary>What the tasks of <see cref="TesseraSDK"/> fail with.</summary>
    public sealed class TIMException : Exception
    {
        /// <summary>Why it failed.</summary>
        public TIMError Error { get; private set; }

        internal TIMException(TIMError error) : base(error.ToString())
        {
            Error = error;
        }
    }

    /// <summary>Why and when somebody else ended the session (C12).</summary>
    public sealed class TesseraKick
    {
        /// <summary>Why.</summary>
        public TesseraKickReason Reason { get; internal set; }

        /// <summary>The platform of the device that took the place, such as <c>iphone</c>; null if there is none.</summary>
        public string Platform { get; internal set; }

        /// <summary>When, by the gateway's clock.</summary>
        public DateTime At { get; internal set; }

        /// <summary>The gateway's code where the ticket was refused at a reconnect; else 0.</summary>
        public int Code { get; internal set; }
    }

    /// <summary>
    /// Events of the session, for any number of listeners. All methods have empty bodies: override those that matter.
    /// They are called one at a time, where all callbacks run. What they throw is caught and logged.
    /// </summary>
    public abstract class TesseraListener
    {
        /// <summary>What native code knows it by, for as long as it lives; 0 until it was added.</summary>
        internal long Key;

        /// <summary>The connection is being made, at first or again.</summary>
        public virtual void OnConnecting() { }

        /// <summary>The connection is there.</summary>
        public virtual void OnConnectSuccess() { }

        /// <summary>A try to connect has failed; the next follows by itself.</summary>
        public virtual void OnConnectFailed(TIMError error) { }

        /// <summary>The connection has dropped.</summary>
        public virtual void OnDisconnected(TIMError error) { }

        /// <summary>Somebody else ended the session (C12).</summary>
        public virtual void OnKickedOffline(TesseraKick kick) { }

        /// <summary>The ticket has expired (C14).</summary>
        public virtual void OnUserSigExpired() { }
    }
}
