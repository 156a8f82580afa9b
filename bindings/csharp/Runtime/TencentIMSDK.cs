// The vendor's Unity API, as far as it concerns login and session. Each method is one call of the C library.

using System;
using System.Text;
using System.Threading;

namespace Tessera.V2TIM
{
    /// <summary>
    /// V2TIM's class: the one client of the process. Callbacks run one at a time in the
    /// <see cref="SynchronizationContext"/> that was current at <see cref="Init"/> (in Unity the main thread), else on a
    /// thread of the SDK. A callback fires only if its call returned <see cref="TIMResult.TIM_SUCC"/>.
    /// </summary>
    public sealed class TencentIMSDK : NewerCallbacks
    {
        private const int UserIdBytes = 128;

        private static readonly object lifecycle = new object();
        private static bool watchesEnd;

        private TencentIMSDK() { }

        /// <summary>
        /// Initialises (C9, C22, C23). Again with the same app it is a success without effect.
        /// </summary>
        /// <param name="sdk_app_id">The SDKAppID.</param>
        /// <param name="json_sdk_config">May be null.</param>
        /// <param name="need_log">Whether the SDK's log is written, unless a log callback is set.</param>
        /// <returns>
        /// <see cref="TIMResult.TIM_ERR_PARAM"/> for app 0, an invalid setting, and while initialised with another app;
        /// <see cref="TesseraSDK.LastError"/> says more.
        /// </returns>
        public static TIMResult Init(long sdk_app_id, SdkConfig json_sdk_config, bool? need_log = false)
        {
            lock (lifecycle)
            {
                if (!watchesEnd)
                {
                    CheckLibrary();
                    WatchEnd();
                    watchesEnd = true;
                }
            }
            if (need_log == true && !IsInitialised && Callbacks.LogCallback == null)
            {
                // Under no lock: it waits for a log callback that runs, which may call this too.
                SetLogCallback(WriteLog);
            }
            lock (lifecycle)
            {
                if (!IsInitialised)
                {
                    HostLoop.Use(SynchronizationContext.Current);
                }
                var json = json_sdk_config != null ? json_sdk_config.ToJson() : "";
                // A negative number is no app; the library refuses 0.
                var app = sdk_app_id > 0 ? (ulong)sdk_app_id : 0;
                return (TIMResult)Native.TIMInit(app, Utf8.ToNative(json));
            }
        }

        /// <summary>
        /// Ends everything (C9); callbacks that were set are forgotten, results that are due come with 7009. Where
        /// callbacks run in a loop, it delivers those later, unless this is called inside a callback;
        /// <see cref="TesseraSDK.UninitAsync"/> tells when.
        /// </summary>
        public static TIMResult Uninit()
        {
            // Before, because what is due is told by callbacks that may initialise again and set new ones. And under no
            // lock, for the same reason.
            Callbacks.ForgetAll();
            return (TIMResult)Native.TIMUninit();
        }

        /// <summary>Logs in (C4 to C7, C10). Status and user are the new ones when it returns. The callback may be null.</summary>
        public static TIMResult Login(string user_id, string user_sig, ValueCallback callback)
        {
            return LoginAndTell(user_id, user_sig, Told(callback));
        }

        /// <summary>Logs out (C8). The callback may be null.</summary>
        public static TIMResult Logout(ValueCallback callback)
        {
            return LogoutAndTell(Told(callback));
        }

        /// <summary>
        /// Sets the log levels; works before Init, when its callback comes on a thread of the SDK. What else is set is taken
        /// without effect. The callback may be null; it gets what holds now, as JSON.
        /// </summary>
        public static TIMResult SetConfig(SetConfig config, ValueCallback callback)
        {
            return SetConfigAndTell(config, Told(callback));
        }

        /// <summary>
        /// Carries out one of V2TIM's internal operations; works before Init, as <see cref="SetConfig"/>, and holds from the
        /// next Init on. One that does not concern a login calls back with 7013. The callback may be null.
        /// </summary>
        public static TIMResult CallExperimentalAPI(ExperimentalAPIReqeustParam json_param, ValueCallback callback)
        {
            return ExperimentalAndTell(json_param, Told(callback));
        }

        /// <summary>Puts the user into the builder, or nothing unless logged in (C21).</summary>
        public static TIMResult GetLoginUserID(StringBuilder user_id)
        {
            if (user_id == null)
            {
                return TIMResult.TIM_ERR_PARAM;
            }
            var buffer = new byte[UserIdBytes];
            var result = (TIMResult)Native.TIMGetLoginUserID(buffer);
            user_id.Length = 0;
            user_id.Append(Utf8.FromBuffer(buffer));
            return result;
        }

        /// <summary>The login status, the newest (C1, C2).</summary>
        public static TIMLoginStatus GetLoginStatus()
        {
            return (TIMLoginStatus)Native.TIMGetLoginStatus();
        }

        /// <summary>Version of the SDK.</summary>
        public static string GetSDKVersion()
        {
            return Utf8.FromNative(Native.TIMGetSDKVersion());
        }

        /// <summary>Gateway time in seconds of Unix time; 0 until the gateway told it.</summary>
        public static long GetServerTime()
        {
            return (long)Native.TIMGetServerTime();
        }

        /// <summary>
        /// Sets who is told of the connection; null for nobody. When it returns, the one before is not called any more;
        /// so with all setters (C19).
        /// </summary>
        public static void SetNetworkStatusListenerCallback(NetworkStatusListenerCallback callback)
        {
            Callbacks.NetworkCallback = callback;
            Native.TIMSetNetworkStatusListenerCallback(callback != null ? Callbacks.Network : null, IntPtr.Zero);
        }

        /// <summary>Sets who is told of a kick; null for nobody.</summary>
        public static void SetKickedOfflineCallback(KickedOfflineCallback callback)
        {
            Callbacks.KickedCallback = callback;
            Native.TIMSetKickedOfflineCallback(callback != null ? Callbacks.Kicked : null, IntPtr.Zero);
        }

        /// <summary>Sets who is told that the ticket has expired; null for nobody.</summary>
        public static void SetUserSigExpiredCallback(UserSigExpiredCallback callback)
        {
            Callbacks.ExpiredCallback = callback;
            Native.TIMSetUserSigExpiredCallback(callback != null ? Callbacks.Expired : null, IntPtr.Zero);
        }

        /// <summary>Sets who gets the log of the process; null for nobody. It never holds a ticket.</summary>
        public static void SetLogCallback(LogCallback callback)
        {
            Callbacks.LogCallback = callback;
            Native.TIMSetLogCallback(callback != null ? Callbacks.Log : null, IntPtr.Zero);
        }

        private static bool IsInitialised
        {
            get { return Native.tessera_app_id(Native.tessera_client_shared()) != 0; }
        }

        private static void CheckLibrary()
        {
            var found = Native.tessera_abi_version();
            if (found != Tables.AbiVersion)
            {
                throw new InvalidOperationException(
                    "libtessera has ABI version " + found + ", but this package is made for " + Tables.AbiVersion);
            }
        }

        /// <summary>
        /// Native code must not call into an application domain that is gone, and a program that ends is no longer to be
        /// called. A game in the editor ends when it stops, which need not unload the domain.
        /// </summary>
        private static void WatchEnd()
        {
            AppDomain.CurrentDomain.DomainUnload += (sender, arguments) => End();
            AppDomain.CurrentDomain.ProcessExit += (sender, arguments) => End();
#if UNITY_2018_1_OR_NEWER
            UnityEngine.Application.quitting += End;
#endif
#if UNITY_EDITOR
            UnityEditor.EditorApplication.playModeStateChanged += change =>
            {
                if (change == UnityEditor.PlayModeStateChange.ExitingPlayMode)
                {
                    End();
                }
            };
#endif
        }

        /// <summary>Uninit, after which nothing is called any more: a loop that ends would not turn again.</summary>
        private static void End()
        {
            Uninit();
            HostLoop.End();
        }

        private static void WriteLog(TIMLogLevel level, string log, string user_data)
        {
#if UNITY_2018_1_OR_NEWER
            UnityEngine.Debug.Log(level + " " + log);
#else
            Console.Error.WriteLine(level + " " + log);
#endif
        }
    }
}
