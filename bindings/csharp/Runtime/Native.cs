// The functions of libtessera that C# calls, and the types of those that it is called by. Nothing here decides anything.

using System;
using System.Runtime.InteropServices;

namespace Tessera.V2TIM
{
    /// <summary>
    /// IL2CPP looks for this name: a static method that has it can be called by native code. Unity's own attribute is
    /// not there outside of Unity.
    /// </summary>
    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class MonoPInvokeCallbackAttribute : Attribute
    {
        internal MonoPInvokeCallbackAttribute(Type type) { }
    }

    internal static class Native
    {
#if UNITY_IOS && !UNITY_EDITOR
        private const string Library = "__Internal";
#else
        private const string Library = "tessera";
#endif

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate void ResultFunction(int code, IntPtr desc, IntPtr json_params, IntPtr user_data);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate void NetworkFunction(int status, int code, IntPtr desc, IntPtr user_data);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate void PlainFunction(IntPtr user_data);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate void LogFunction(int level, IntPtr log, IntPtr user_data);

        /// <summary>An error or a kick comes as a pointer to a struct.</summary>
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate void StructFunction(IntPtr value, IntPtr user_data);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate void TicketFunction(ulong request, IntPtr user_id, IntPtr user_data);

        [StructLayout(LayoutKind.Sequential)]
        internal struct ErrorStruct
        {
            internal int Code;
            internal byte Retryable; // a C bool
            internal ulong RetryAfterMs;
            internal IntPtr Desc;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct KickStruct
        {
            internal int Reason;
            internal int Code;
            internal ulong AtMs;
            internal IntPtr Platform;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct ListenerStruct
        {
            internal UIntPtr Size;
            internal IntPtr UserData;
            internal IntPtr OnConnecting;
            internal IntPtr OnConnectSuccess;
            internal IntPtr OnConnectFailed;
            internal IntPtr OnDisconnected;
            internal IntPtr OnKickedOffline;
            internal IntPtr OnUserSigExpired;
        }

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMInit(ulong sdk_app_id, byte[] json_sdk_config);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMUninit();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr TIMGetSDKVersion();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern ulong TIMGetServerTime();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMLogin(byte[] user_id, byte[] user_sig, ResultFunction cb, IntPtr user_data);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMLogout(ResultFunction cb, IntPtr user_data);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMSetConfig(byte[] json_config, ResultFunction cb, IntPtr user_data);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int callExperimentalAPI(byte[] json_param, ResultFunction cb, IntPtr user_data);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMGetLoginStatus();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMGetLoginUserID(byte[] user_id_buffer);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void TIMSetNetworkStatusListenerCallback(NetworkFunction cb, IntPtr user_data);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void TIMSetKickedOfflineCallback(PlainFunction cb, IntPtr user_data);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void TIMSetUserSigExpiredCallback(PlainFunction cb, IntPtr user_data);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void TIMSetLogCallback(LogFunction cb, IntPtr user_data);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern uint tessera_abi_version();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr tessera_last_error();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void tessera_log_error(byte[] line);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr tessera_client_shared();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern ulong tessera_app_id(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int tessera_set_host_loop(IntPtr client, PlainFunction wake, IntPtr user_data);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int tessera_deliver_waiting(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int tessera_login(
            IntPtr client, byte[] user_id, byte[] user_sig, ResultFunction cb, IntPtr user_data);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int tessera_logout(IntPtr client, ResultFunction cb, IntPtr user_data);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int tessera_login_wait(IntPtr client, byte[] user_id, byte[] user_sig);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int tessera_logout_wait(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int tessera_connection_status(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int tessera_add_listener(IntPtr client, ref ListenerStruct listener);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int tessera_remove_listener(IntPtr client, ref ListenerStruct listener);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int tessera_set_ticket_provider(IntPtr client, TicketFunction cb, IntPtr user_data);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int tessera_provide_ticket(IntPtr client, ulong request, byte[] user_sig);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int tessera_notify_network_available(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int tessera_notify_foreground(IntPtr client);
    }
}
