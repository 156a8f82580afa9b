// What native code calls: static methods, whose delegates live as long as the program, and what they find the host's
// callbacks by. Nothing that the host throws gets back into native code.

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Tessera.V2TIM
{
    internal static class Callbacks
    {
        // The garbage collector must never take them: native code keeps their addresses.
        internal static readonly Native.ResultFunction Result = OnResult;
        internal static readonly Native.NetworkFunction Network = OnNetwork;
        internal static readonly Native.PlainFunction Kicked = OnKicked;
        internal static readonly Native.PlainFunction Expired = OnExpired;
        internal static readonly Native.LogFunction Log = OnLog;
        internal static readonly Native.TicketFunction Ticket = OnTicket;
        private static readonly Native.PlainFunction listenerConnecting = OnListenerConnecting;
        private static readonly Native.PlainFunction listenerConnectSuccess = OnListenerConnectSuccess;
        private static readonly Native.StructFunction listenerConnectFailed = OnListenerConnectFailed;
        private static readonly Native.StructFunction listenerDisconnected = OnListenerDisconnected;
        private static readonly Native.StructFunction listenerKicked = OnListenerKicked;
        private static readonly Native.PlainFunction listenerExpired = OnListenerExpired;

        private static readonly object mutex = new object();
        private static readonly Dictionary<long, Action<int, string, string>> calls =
            new Dictionary<long, Action<int, string, string>>();
        private static readonly Dictionary<long, TesseraListener> listeners = new Dictionary<long, TesseraListener>();
        private static long last;

        internal static volatile NetworkStatusListenerCallback NetworkCallback;
        internal static volatile KickedOfflineCallback KickedCallback;
        internal static volatile UserSigExpiredCallback ExpiredCallback;
        internal static volatile LogCallback LogCallback;
        internal static volatile Action<ulong, string> TicketCallback;

        // ---- calls whose result is due --------------------------------------------------------------------------

        /// <summary>Keeps who is told the result; the number goes to native code as user data.</summary>
        internal static IntPtr Keep(Action<int, string, string> call)
        {
            if (call == null)
            {
                return IntPtr.Zero;
            }
            lock (mutex)
            {
                last++;
                calls[last] = call;
                return new IntPtr(last);
            }
        }

        /// <summary>The call was refused at once, so there is no result.</summary>
        internal static void Forget(IntPtr key)
        {
            lock (mutex)
            {
                calls.Remove(key.ToInt64());
            }
        }

        [MonoPInvokeCallback(typeof(Native.ResultFunction))]
        private static void OnResult(int code, IntPtr desc, IntPtr json, IntPtr key)
        {
            Contain(() =>
            {
                Action<int, string, string> call;
                lock (mutex)
                {
                    if (!calls.TryGetValue(key.ToInt64(), out call))
                    {
                        return;
                    }
                    calls.Remove(key.ToInt64());
                }
                call(code, Utf8.FromNative(desc), Utf8.FromNative(json));
            });
        }

        // ---- V2TIM's callbacks ----------------------------------------------------------------------------------

        [MonoPInvokeCallback(typeof(Native.NetworkFunction))]
        private static void OnNetwork(int status, int code, IntPtr desc, IntPtr key)
        {
            Contain(() =>
            {
                var callback = NetworkCallback;
                if (callback != null)
                {
                    callback((TIMNetworkStatus)status, code, Utf8.FromNative(desc), "");
                }
            });
        }

        [MonoPInvokeCallback(typeof(Native.PlainFunction))]
        private static void OnKicked(IntPtr key)
        {
            Contain(() =>
            {
                var callback = KickedCallback;
                if (callback != null)
                {
                    callback("");
                }
            });
        }

        [MonoPInvokeCallback(typeof(Native.PlainFunction))]
        private static void OnExpired(IntPtr key)
        {
            Contain(() =>
            {
                var callback = ExpiredCallback;
                if (callback != null)
                {
                    callback("");
                }
            });
        }

        [MonoPInvokeCallback(typeof(Native.LogFunction))]
        private static void OnLog(int level, IntPtr log, IntPtr key)
        {
            try
            {
                var callback = LogCallback;
                if (callback != null)
                {
                    callback((TIMLogLevel)level, Utf8.FromNative(log), "");
                }
            }
            catch (Exception)
            {
                // Logging it would come back here.
            }
        }

        [MonoPInvokeCallback(typeof(Native.TicketFunction))]
        private static void OnTicket(ulong request, IntPtr user, IntPtr key)
        {
            Contain(() =>
            {
                var callback = TicketCallback;
                if (callback != null)
                {
                    callback(request, Utf8.FromNative(user));
                }
            });
        }

        // ---- listeners ------------------------------------------------------------------------------------------

        /// <summary>From now on native code finds it; its struct.</summary>
        internal static Native.ListenerStruct KeepListener(TesseraListener listener)
        {
            lock (mutex)
            {
                if (listener.Key == 0)
                {
                    listener.Key = ++last;
                }
                listeners[listener.Key] = listener;
            }
            return StructOf(listener);
        }

        internal static void ForgetListener(TesseraListener listener)
        {
            lock (mutex)
            {
                listeners.Remove(listener.Key);
            }
        }

        /// <summary>The struct of a listener, which is the same each time, also when it is forgotten.</summary>
        internal static Native.ListenerStruct StructOf(TesseraListener listener)
        {
            var native = new Native.ListenerStruct();
            native.Size = new UIntPtr((uint)Marshal.SizeOf(typeof(Native.ListenerStruct)));
            native.UserData = new IntPtr(listener.Key);
            native.OnConnecting = Marshal.GetFunctionPointerForDelegate(listenerConnecting);
            native.OnConnectSuccess = Marshal.GetFunctionPointerForDelegate(listenerConnectSuccess);
            native.OnConnectFailed = Marshal.GetFunctionPointerForDelegate(listenerConnectFailed);
            native.OnDisconnected = Marshal.GetFunctionPointerForDelegate(listenerDisconnected);
            native.OnKickedOffline = Marshal.GetFunctionPointerForDelegate(listenerKicked);
            native.OnUserSigExpired = Marshal.GetFunctionPointerForDelegate(listenerExpired);
            return native;
        }

        /// <summary>Uninit keeps no listener and no callback (C19). Results that are due still find their calls.</summary>
        internal static void ForgetAll()
        {
            NetworkCallback = null;
            KickedCallback = null;
            ExpiredCallback = null;
            LogCallback = null;
            TicketCallback = null;
            lock (mutex)
            {
                listeners.Clear();
            }
        }

        private static void Tell(IntPtr key, Action<TesseraListener> tell)
        {
            Contain(() =>
            {
                TesseraListener listener;
                lock (mutex)
                {
                    listeners.TryGetValue(key.ToInt64(), out listener);
                }
                if (listener != null)
                {
                    tell(listener);
                }
            });
        }

        [MonoPInvokeCallback(typeof(Native.PlainFunction))]
        private static void OnListenerConnecting(IntPtr key)
        {
            Tell(key, listener => listener.OnConnecting());
        }

        [MonoPInvokeCallback(typeof(Native.PlainFunction))]
        private static void OnListenerConnectSuccess(IntPtr key)
        {
            Tell(key, listener => listener.OnConnectSuccess());
        }

        [MonoPInvokeCallback(typeof(Native.StructFunction))]
        private static void OnListenerConnectFailed(IntPtr error, IntPtr key)
        {
            Tell(key, listener => listener.OnConnectFailed(ErrorOf(error)));
        }

        [MonoPInvokeCallback(typeof(Native.StructFunction))]
        private static void OnListenerDisconnected(IntPtr error, IntPtr key)
        {
            Tell(key, listener => listener.OnDisconnected(ErrorOf(error)));
        }

        [MonoPInvokeCallback(typeof(Native.StructFunction))]
        private static void OnListenerKicked(IntPtr kick, IntPtr key)
        {
            Tell(key, listener => listener.OnKickedOffline(KickOf(kick)));
        }

        [MonoPInvokeCallback(typeof(Native.PlainFunction))]
        private static void OnListenerExpired(IntPtr key)
        {
            Tell(key, listener => listener.OnUserSigExpired());
        }

        // ---- conversions ----------------------------------------------------------------------------------------

        /// <summary>The error behind a pointer; null for NULL.</summary>
        internal static TIMError ErrorOf(IntPtr pointer)
        {
            if (pointer == IntPtr.Zero)
            {
                return null;
            }
            var native = (Native.ErrorStruct)Marshal.PtrToStructure(pointer, typeof(Native.ErrorStruct));
            return new TIMError
            {
                Code = native.Code,
                Desc = Utf8.FromNative(native.Desc),
                Retryable = native.Retryable != 0,
                RetryAfter = TimeSpan.FromMilliseconds(native.RetryAfterMs),
            };
        }

        private static TesseraKick KickOf(IntPtr pointer)
        {
            var native = (Native.KickStruct)Marshal.PtrToStructure(pointer, typeof(Native.KickStruct));
            var epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);
            return new TesseraKick
            {
                Reason = (TesseraKickReason)native.Reason,
                Platform = Utf8.FromNative(native.Platform),
                At = epoch.AddMilliseconds(native.AtMs),
                Code = native.Code,
            };
        }

        /// <summary>Runs code of the host. An exception in native code would end the process.</summary>
        internal static void Contain(Action call)
        {
            try
            {
                call();
            }
            catch (Exception exception)
            {
                Native.tessera_log_error(Utf8.ToNative("a callback has thrown: " + exception));
#if UNITY_2018_1_OR_NEWER
                UnityEngine.Debug.LogException(exception);
#endif
            }
        }
    }
}
