// What the vendor's documentation for Unity shows of login and session, with the `using` changed and nothing else. It
// says nothing of a gateway: the SDK finds it by its settings, such as the environment variable TESSERA_SERVER_URL.

using System.Text;
using Tessera.V2TIM; // was: com.tencent.imsdk.unity, with .enums, .types and .callback
using UnityEngine;

public static class LoginSample
{
    public static string userid = "";
    public static string user_sig = "";

    /// <summary>The result of the last call; null until it is there.</summary>
    public static int? outcome;

    /// <summary>What GetLoginUserID and GetLoginStatus have read.</summary>
    public static string loginUser = "";
    public static TIMLoginStatus loginStatus;

    public static bool Init(long sdk_app_id)
    {
        SdkConfig sdkConfig = new SdkConfig();
        TencentIMSDK.SetNetworkStatusListenerCallback((TIMNetworkStatus status, int code, string desc, string user_data)=>{
            Debug.Log("network: " + status + " " + desc);
        });
        TencentIMSDK.SetKickedOfflineCallback((string user_data)=>{
            Debug.Log("kicked offline: somebody else logged in as this user");
        });
        TencentIMSDK.SetUserSigExpiredCallback((string user_data)=>{
            Debug.Log("the userSig has expired: ask your server for a new one, and log in with that");
        });
        return TencentIMSDK.Init(sdk_app_id, sdkConfig) == TIMResult.TIM_SUCC;
    }

    public static void Login()
    {
        if (userid == "" || user_sig == "")
        {
            return;
        }
        TIMResult res = TencentIMSDK.Login(userid, user_sig, (int code, string desc, string json_param, string user_data)=>{
            // Process the login callback logic
            Debug.Log("login: code " + code + " " + desc);
            outcome = code;
        });
        Debug.Log("Login returned " + res);
    }

    public static void GetLoginUserID()
    {
        StringBuilder userId = new StringBuilder(128);
        TIMResult res = TencentIMSDK.GetLoginUserID(userId);
        Debug.Log(userId.ToString());
        loginUser = res == TIMResult.TIM_SUCC ? userId.ToString() : null;
    }

    public static void GetLoginStatus()
    {
        TIMLoginStatus res = TencentIMSDK.GetLoginStatus();
        loginStatus = res;
    }

    public static void Logout()
    {
        TIMResult res = TencentIMSDK.Logout((int code, string desc, string json_param, string user_data)=>{
            // Process the logout callback logic
            Debug.Log("logout: code " + code + " " + desc);
            outcome = code;
        });
        Debug.Log("Logout returned " + res);
    }
}
