// Calls with the callbacks of newer versions of V2TIM.

using System;

namespace Tessera.V2TIM
{
    /// <summary>
    /// What <see cref="TencentIMSDK"/> has for callbacks of newer versions of V2TIM. In a base class these overloads come
    /// after its own: <c>null</c> and <c>delegate { }</c>, which any of them could take, are not ambiguous.
    /// </summary>
    public abstract class NewerCallbacks
    {
        internal NewerCallbacks() { }

        /// <summary>As <see cref="TencentIMSDK.Login(string, string, ValueCallback)"/>.</summary>
        public static TIMResult Login(string user_id, string user_sig, NullValueCallback callback)
        {
            return LoginAndTell(user_id, user_sig, Told(callback));
        }

        /// <summary>As <see cref="TencentIMSDK.Login(string, string, ValueCallback)"/>.</summary>
        public static TIMResult Login(string user_id, string user_sig, ValueCallback<string> callback)
        {
            return LoginAndTell(user_id, user_sig, Told(callback, json => json));
        }

        /// <summary>As <see cref="TencentIMSDK.Logout(ValueCallback)"/>.</summary>
        public static TIMResult Logout(NullValueCallback callback)
        {
            return LogoutAndTell(Told(callback));
        }

        /// <summary>As <see cref="TencentIMSDK.Logout(ValueCallback)"/>.</summary>
        public static TIMResult Logout(ValueCallback<string> callback)
        {
            return LogoutAndTell(Told(callback, json => json));
        }

        /// <summary>As <see cref="TencentIMSDK.SetConfig(SetConfig, ValueCallback)"/>.</summary>
        public static TIMResult SetConfig(SetConfig config, ValueCallback<SetConfig> callback)
        {
            return SetConfigAndTell(config, Told(callback, V2TIM.SetConfig.Of));
        }

        /// <summary>As <see cref="TencentIMSDK.CallExperimentalAPI(ExperimentalAPIReqeustParam, ValueCallback)"/>.</summary>
        public static TIMResult CallExperimentalAPI(ExperimentalAPIReqeustParam json_param, ValueCallback<ReponseInfo> callback)
        {
            var operation = json_param != null ? json_param.request_internal_operation : null;
            return ExperimentalAndTell(
                json_param, Told(callback, json => new ReponseInfo { response_internal_operation = operation }));
        }

        internal static TIMResult LoginAndTell(string user_id, string user_sig, Action<int, string, string> told)
        {
            return Call(told, key => Native.TIMLogin(
                Utf8.ToNative(user_id), Utf8.ToNative(user_sig), told != null ? Callbacks.Result : null, key));
        }

        internal static TIMResult LogoutAndTell(Action<int, string, string> told)
        {
            return Call(told, key => Native.TIMLogout(told != null ? Callbacks.Result : null, key));
        }

        internal static TIMResult SetConfigAndTell(SetConfig config, Action<int, string, string> told)
        {
            var json = Utf8.ToNative(config != null ? config.ToJson() : null);
            return Call(told, key => Native.TIMSetConfig(json, told != null ? Callbacks.Result : null, key));
        }

        internal static TIMResult ExperimentalAndTell(ExperimentalAPIReqeustParam param, Action<int, string, string> told)
        {
            var json = Utf8.ToNative(param != null ? param.ToJson() : null);
            return Call(told, key => Native.callExperimentalAPI(json, told != null ? Callbacks.Result : null, key));
        }

        private static TIMResult Call(Action<int, string, string> told, Func<IntPtr, int> call)
        {
            var key = Callbacks.Keep(told);
            var result = (TIMResult)call(key);
            if (result != TIMResult.TIM_SUCC)
            {
                Callbacks.Forget(key);
            }
            return result;
        }

        internal static Action<int, string, string> Told(ValueCallback callback)
        {
            if (callback == null)
            {
                return null;
            }
            return (code, desc, json) => callback(code, desc, json, "");
        }

        private static Action<int, string, string> Told(NullValueCallback callback)
        {
            if (callback == null)
            {
                return null;
            }
            return (code, desc, json) => callback(code, desc, "");
        }

        private static Action<int, string, string> Told<T>(ValueCallback<T> callback, Func<string, T> read)
        {
            if (callback == null)
            {
                return null;
            }
            return (code, desc, json) => callback(code, desc, read(json), "");
        }
    }
}
