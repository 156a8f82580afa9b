// Code as it was written for V2TIM's Unity API, old and new: that it compiles is most of the test.

using System.Text;
using Tessera.V2TIM;

internal static class VendorShape
{
    private static int results;

    internal static int Results
    {
        get { return results; }
    }

    /// <summary>Every shape of callback that the documents and the published versions have.</summary>
    internal static void EveryOverload(string user, string sig)
    {
        TIMResult res = TencentIMSDK.Login(user, sig, (int code, string desc, string json_param, string user_data) => { results++; });
        res = TencentIMSDK.Login(user, sig, (code, desc, data, user_data) => results++);
        res = TencentIMSDK.Login(user, sig, (int code, string desc, string user_data) => { results++; });
        res = TencentIMSDK.Login(user, sig, (code, desc, user_data) => results++);
        res = TencentIMSDK.Login(user, sig, OnResult);
        res = TencentIMSDK.Login(user, sig, OnNothing);
        ValueCallback<string> typed = (code, desc, data, user_data) => results++;
        res = TencentIMSDK.Login(user, sig, typed);
        res = TencentIMSDK.Login(user, sig, new ValueCallback<string>(OnResult));
        res = TencentIMSDK.Login(user, sig, (ValueCallback)null);
        res = TencentIMSDK.Login(user, sig, null);
        res = TencentIMSDK.Login(user, sig, delegate { results++; });
        res = TencentIMSDK.Login(user, sig, delegate(int code, string desc, string json_param, string user_data) { results++; });
        res = TencentIMSDK.Login(user, sig, async (int code, string desc, string json_param, string user_data) =>
        {
            results++;
            await System.Threading.Tasks.Task.Yield();
        });
        res = TencentIMSDK.Logout(null);
        res = TencentIMSDK.Logout(delegate { results++; });
        res = TencentIMSDK.Logout((int code, string desc, string json_param, string user_data) => { results++; });
        res = TencentIMSDK.Logout((int code, string desc, string user_data) => { results++; });
        res = TencentIMSDK.Logout(typed);
        Check.Is(res, TIMResult.TIM_SUCC, "the last call");
    }

    internal const int Callbacks = 15;

    internal static TIMResult InitOldAndNew(long app)
    {
        SdkConfig sdkConfig = new SdkConfig();
        sdkConfig.sdk_config_config_file_path = "/tmp/.TIM-Config";
        sdkConfig.sdk_config_log_file_path = "/tmp/.TIM-Log";
        sdkConfig.sdk_config_java_vm = 0;
        sdkConfig.sdk_config_main_thread_id = 1;
        TIMResult old = TencentIMSDK.Init(app, sdkConfig);
        TIMResult newer = TencentIMSDK.Init(app, sdkConfig, false);
        return old == TIMResult.TIM_SUCC ? newer : old;
    }

    internal static void Setters()
    {
        TencentIMSDK.SetNetworkStatusListenerCallback((TIMNetworkStatus status, int code, string desc, string user_data) => { });
        TencentIMSDK.SetKickedOfflineCallback((string user_data) => { });
        TencentIMSDK.SetUserSigExpiredCallback((string user_data) => { });
        TencentIMSDK.SetNetworkStatusListenerCallback(null);
        TencentIMSDK.SetKickedOfflineCallback(null);
        TencentIMSDK.SetUserSigExpiredCallback(null);
    }

    internal static string LoginUser()
    {
        StringBuilder userId = new StringBuilder(128);
        TIMResult res = TencentIMSDK.GetLoginUserID(userId);
        return res == TIMResult.TIM_SUCC ? userId.ToString() : null;
    }

    private static void OnResult(int code, string desc, string data, string user_data)
    {
        results++;
    }

    private static void OnNothing(int code, string desc, string user_data)
    {
        results++;
    }
}
