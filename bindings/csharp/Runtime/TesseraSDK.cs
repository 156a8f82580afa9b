// What V2TIM has no name for: tasks, listeners, ticket provider, hints, connection state, last error.

using System;
using System.Threading.Tasks;

namespace Tessera.V2TIM
{
    /// <summary>Tessera's own calls, for the same client as <see cref="TencentIMSDK"/>.</summary>
    public static class TesseraSDK
    {
        /// <summary>Logs in, as <see cref="TencentIMSDK.Login(string, string, ValueCallback)"/>.</summary>
        /// <exception cref="TIMException">The login failed; also for arguments that are null or empty.</exception>
        public static Task LoginAsync(string userID, string userSig)
        {
            return CallAsync(key => Native.tessera_login(
                Client, Utf8.ToNative(userID), Utf8.ToNative(userSig), Callbacks.Result, key));
        }

        /// <summary>Logs out, as <see cref="TencentIMSDK.Logout(ValueCallback)"/>.</summary>
        /// <exception cref="TIMException">The logout failed.</exception>
        public static Task LogoutAsync()
        {
            return CallAsync(key => Native.tessera_logout(Client, Callbacks.Result, key));
        }

        /// <summary>As <see cref="TencentIMSDK.Uninit"/>; done when every result that was due has been delivered.</summary>
        public static Task UninitAsync()
        {
            var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            TencentIMSDK.Uninit();
            HostLoop.After(() => done.TrySetResult(true));
            return done.Task;
        }

        /// <summary>
        /// Logs in and waits for the result; null on success. Inside a callback, and on the thread that called Init if
        /// callbacks run there, it fails at once with 7014 (C18).
        /// </summary>
        public static TIMError LoginAndWait(string userID, string userSig)
        {
            return ErrorUnless(Native.tessera_login_wait(Client, Utf8.ToNative(userID), Utf8.ToNative(userSig)));
        }

        /// <summary>Logs out and waits for the result; as <see cref="LoginAndWait"/>.</summary>
        public static TIMError LogoutAndWait()
        {
            return ErrorUnless(Native.tessera_logout_wait(Client));
        }

        /// <summary>
        /// The error of this thread's last call that failed; inside a callback, the error that came with it. Null if
        /// there is none.
        /// </summary>
        public static TIMError LastError
        {
            get { return Callbacks.ErrorOf(Native.tessera_last_error()); }
        }

        /// <summary>The state of the connection, which moves without the login status.</summary>
        public static TIMNetworkStatus ConnectionStatus
        {
            get { return (TIMNetworkStatus)Native.tessera_connection_status(Client); }
        }

        /// <summary>Adds a listener, before or after init. The same one twice counts once; Uninit keeps none (C19).</summary>
        public static void AddListener(TesseraListener listener)
        {
            if (listener == null)
            {
                throw new ArgumentNullException("listener");
            }
            var native = Callbacks.KeepListener(listener);
            Native.tessera_add_listener(Client, ref native);
        }

        /// <summary>
        /// Removes a listener. When it returns, no callback of it runs or will start, except the one that it was called
        /// from.
        /// </summary>
        public static void RemoveListener(TesseraListener listener)
        {
            if (listener != null && listener.Key != 0)
            {
                var native = Callbacks.StructOf(listener);
                Native.tessera_remove_listener(Client, ref native);
                Callbacks.ForgetListener(listener);
            }
        }

        /// <summary>
        /// Sets who is asked for a new ticket before the old one expires (C15); null for nobody. It gets the user id. A
        /// task that fails never ends a session: the provider is asked again later. Uninit forgets it.
        /// </summary>
        public static void SetTicketProvider(Func<string, Task<string>> provider)
        {
            Callbacks.TicketCallback = provider == null ? (Action<ulong, string>)null : (request, user) => Ask(provider, request, user);
            Native.tessera_set_ticket_provider(Client, provider != null ? Callbacks.Ticket : null, IntPtr.Zero);
        }

        /// <summary>The network is available: reconnect or probe now (C11). Takes effect at most once a second.</summary>
        public static void NotifyNetworkAvailable()
        {
            Native.tessera_notify_network_available(Client);
        }

        /// <summary>The app is in the foreground again: reconnect or probe now (C11).</summary>
        public static void NotifyForeground()
        {
            Native.tessera_notify_foreground(Client);
        }

        private static IntPtr Client
        {
            get { return Native.tessera_client_shared(); }
        }

        private static TIMError ErrorUnless(int code)
        {
            return code == (int)TIMErrCode.ERR_SUCC ? null : LastError;
        }

        private static Task CallAsync(Func<IntPtr, int> call)
        {
            // What awaits it must not run inside the callback, where blocking calls fail.
            var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            var key = Callbacks.Keep((code, desc, json) =>
            {
                if (code == (int)TIMErrCode.ERR_SUCC)
                {
                    done.TrySetResult(true);
                }
                else
                {
                    done.TrySetException(new TIMException(LastError));
                }
            });
            if (call(key) != (int)TIMResult.TIM_SUCC)
            {
                Callbacks.Forget(key);
                done.TrySetException(new TIMException(LastError));
            }
            return done.Task;
        }

        private static async void Ask(Func<string, Task<string>> provider, ulong request, string user)
        {
            string ticket = null;
            try
            {
                ticket = await provider(user);
            }
            catch (Exception)
            {
                // The text is the host's and may hold anything.
                Native.tessera_log_error(Utf8.ToNative("the ticket provider failed"));
            }
            Native.tessera_provide_ticket(Client, request, Utf8.ToNative(ticket));
        }
    }
}
