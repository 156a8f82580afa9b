// Code as it was written for V2TIM's Unity API, old and new: that it compiles is most of the test.

using System.Collections.Generic;
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

    internal static void Configuration()
    {
        SetConfig config = new SetConfig();
        config.set_config_log_level = TIMLogLevel.kTIMLog_Debug;
        config.set_config_http_proxy_info = new HttpProxyInfo { http_proxy_info_ip = "http://proxy", http_proxy_info_port = 1 };
        TIMResult res = TencentIMSDK.SetConfig(config, (int code, string desc, string data, string user_data) =>
        {
            Check.That(code == 0 && data.Contains("\"set_config_log_level\":3"), "all levels: " + data);
            results++;
        });
        res = TencentIMSDK.SetConfig(config, (int code, string desc, SetConfig data, string user_data) =>
        {
            Check.That(data.set_config_log_level == TIMLogLevel.kTIMLog_Debug && data.set_config_callback_log_level != null, "the levels");
            results++;
        });
        res = TencentIMSDK.SetConfig(config, null);
        Check.Is(TencentIMSDK.SetConfig(null, null), TIMResult.TIM_ERR_PARAM, "no configuration");
        ExperimentalAPIReqeustParam param = new ExperimentalAPIReqeustParam();
        param.request_internal_operation = TIMInternalOperation.internal_operation_set_ui_platform.ToString();
        param.request_set_ui_platform_param = 6;
        res = TencentIMSDK.CallExperimentalAPI(param, (int code, string desc, string data, string user_data) =>
        {
            Check.That(code == 0 && data.Contains("set_ui_platform"), "the operation: " + data);
            results++;
        });
        param.request_set_ui_platform_param = "unity";
        res = TencentIMSDK.CallExperimentalAPI(param, (int code, string desc, ReponseInfo data, string user_data) =>
        {
            Check.Is(data.response_internal_operation, "internal_operation_set_ui_platform", "the operation");
            results++;
        });
        Check.Is(res, TIMResult.TIM_SUCC, "the last call");
        param.request_internal_operation = "internal_operation_sso_data";
        res = TencentIMSDK.CallExperimentalAPI(param, (code, desc, data, user_data) =>
        {
            Check.Is(code, (int)TIMErrCode.ERR_SDK_INTERFACE_NOT_SUPPORT, "what is not there");
            results++;
        });
    }

    internal const int Configured = 5;

    internal static void SetServer(string url)
    {
        TIMResult res = TencentIMSDK.CallExperimentalAPI(new ExperimentalAPIRequestParam
        {
            request_internal_operation = TIMInternalOperation.internal_operation_set_custom_server_info.ToString(),
            request_set_custom_server_info_param = new CustomServerInfo
            {
                longconnection_address_array = new List<ServerAddress> { new ServerAddress { server_address_ip = url, server_address_port = 1 } },
                server_public_key = "",
            },
        }, null);
        Check.Is(res, TIMResult.TIM_SUCC, "the server");
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
