// What TencentIMSDK.SetConfig and TencentIMSDK.CallExperimentalAPI take, as far as it concerns a login. Names of the fields
// are JSON keys.

using System.Collections.Generic;
using System.Text;

namespace Tessera.V2TIM
{
    /// <summary>Changes of the configuration. What is null stays as it is.</summary>
    public sealed class SetConfig
    {
        /// <summary>The least level that is logged.</summary>
        public TIMLogLevel? set_config_log_level;

        /// <summary>The least level that the log callback gets.</summary>
        public TIMLogLevel? set_config_callback_log_level;

        /// <summary>Taken, without effect: the log goes to the log callback.</summary>
        public bool? set_config_is_log_output_console;

        /// <summary>Taken, without effect.</summary>
        public string set_config_user_define_data;

        /// <summary>Taken, without effect but for a warning in the log: the SDK connects directly.</summary>
        public HttpProxyInfo set_config_http_proxy_info;

        /// <summary>As the other proxy.</summary>
        public Socks5ProxyInfo set_config_socks5_proxy_info;

        /// <summary>Taken, without effect.</summary>
        public bool? set_config_is_only_local_dns_source;

        internal string ToJson()
        {
            var json = new StringBuilder();
            Json.Write(json, "set_config_log_level", (long?)set_config_log_level);
            Json.Write(json, "set_config_callback_log_level", (long?)set_config_callback_log_level);
            Json.Write(json, "set_config_is_log_output_console", set_config_is_log_output_console);
            Json.Write(json, "set_config_user_define_data", set_config_user_define_data);
            // The library only looks whether there is one, and nobody else needs its password.
            Json.WriteJson(json, "set_config_http_proxy_info", set_config_http_proxy_info != null ? "{}" : null);
            Json.WriteJson(json, "set_config_socks5_proxy_info", set_config_socks5_proxy_info != null ? "{}" : null);
            Json.Write(json, "set_config_is_only_local_dns_source", set_config_is_only_local_dns_source);
            return "{" + json + "}";
        }

        /// <summary>What holds now.</summary>
        internal static SetConfig Of(string json)
        {
            return new SetConfig
            {
                set_config_log_level = (TIMLogLevel?)Json.Number(json, "set_config_log_level"),
                set_config_callback_log_level = (TIMLogLevel?)Json.Number(json, "set_config_callback_log_level"),
            };
        }
    }

    /// <summary>A proxy. Taken, without effect.</summary>
    public sealed class HttpProxyInfo
    {
        /// <summary>Taken, without effect.</summary>
        public string http_proxy_info_ip;

        /// <summary>Taken, without effect.</summary>
        public int http_proxy_info_port;

        /// <summary>Taken, without effect.</summary>
        public string http_proxy_info_username;

        /// <summary>Taken, without effect.</summary>
        public string http_proxy_info_password;
    }

    /// <summary>A proxy. Taken, without effect.</summary>
    public sealed class Socks5ProxyInfo
    {
        /// <summary>Taken, without effect.</summary>
        public string socks5_proxy_info_ip;

        /// <summary>Taken, without effect.</summary>
        public int socks5_proxy_info_port;

        /// <summary>Taken, without effect.</summary>
        public string socks5_proxy_info_username;

        /// <summary>Taken, without effect.</summary>
        public string socks5_proxy_info_password;
    }

    /// <summary>Operations of <see cref="TencentIMSDK.CallExperimentalAPI(ExperimentalAPIReqeustParam, ValueCallback)"/>; their names are what is given. Any other is 7013.</summary>
    public enum TIMInternalOperation
    {
        /// <summary>Names the framework of the app.</summary>
        internal_operation_set_ui_platform,

        /// <summary>Sets the gateway's address for the next Init.</summary>
        internal_operation_set_custom_server_info,

        /// <summary>How long one try of a login may take, from the next Init on.</summary>
        internal_operation_set_packet_request_timeout,

        /// <summary>How often a login is tried again, from the next Init on.</summary>
        internal_operation_set_max_retry_count,

        /// <summary>The setting <c>ignore_repeat_login</c> of the next Init.</summary>
        internal_operation_set_ignore_repeat_login,
    }

    /// <summary>An operation and its parameter.</summary>
    public class ExperimentalAPIReqeustParam
    {
        /// <summary>The name of one of <see cref="TIMInternalOperation"/>.</summary>
        public string request_internal_operation;

        /// <summary>A name or a number; it is only logged.</summary>
        public object request_set_ui_platform_param;

        /// <summary>The addresses.</summary>
        public CustomServerInfo request_set_custom_server_info_param;

        /// <summary>In seconds.</summary>
        public long? request_set_packet_request_timeout_param;

        /// <summary>A number.</summary>
        public int? request_set_max_retry_count_param;

        /// <summary>Whether it is so.</summary>
        public bool? request_set_ignore_repeat_login_param;

        internal string ToJson()
        {
            var json = new StringBuilder();
            Json.Write(json, "request_internal_operation", request_internal_operation);
            var platform = request_set_ui_platform_param;
            Json.Write(json, "request_set_ui_platform_param", platform != null ? platform.ToString() : null);
            var server = request_set_custom_server_info_param;
            Json.WriteJson(json, "request_set_custom_server_info_param", server != null ? server.ToJson() : null);
            Json.Write(json, "request_set_packet_request_timeout_param", request_set_packet_request_timeout_param);
            Json.Write(json, "request_set_max_retry_count_param", (long?)request_set_max_retry_count_param);
            Json.Write(json, "request_set_ignore_repeat_login_param", request_set_ignore_repeat_login_param);
            return "{" + json + "}";
        }
    }

    /// <summary>The same by its later name.</summary>
    public sealed class ExperimentalAPIRequestParam : ExperimentalAPIReqeustParam { }

    /// <summary>Where the gateway is.</summary>
    public sealed class CustomServerInfo
    {
        /// <summary>Addresses; the first is used.</summary>
        public List<ServerAddress> longconnection_address_array;

        /// <summary>Taken, without effect.</summary>
        public List<ServerAddress> shortconnection_address_array;

        /// <summary>Taken, without effect; see the setting <c>ca_file</c>.</summary>
        public string server_public_key;

        internal string ToJson()
        {
            var addresses = longconnection_address_array ?? new List<ServerAddress>();
            return "{\"longconnection_address_array\":[" + string.Join(",", addresses.ConvertAll(address => address.ToJson())) + "]}";
        }
    }

    /// <summary>An address.</summary>
    public sealed class ServerAddress
    {
        /// <summary>The host, or a whole URL.</summary>
        public string server_address_ip;

        /// <summary>The port.</summary>
        public int server_address_port;

        /// <summary>Taken, without effect; the host says it.</summary>
        public bool server_address_is_ipv6;

        internal string ToJson()
        {
            var json = new StringBuilder();
            Json.Write(json, "server_address_ip", server_address_ip);
            Json.Write(json, "server_address_port", (long?)server_address_port);
            return "{" + json + "}";
        }
    }

    /// <summary>The answer to an operation.</summary>
    public sealed class ReponseInfo
    {
        /// <summary>Which operation it was.</summary>
        public string response_internal_operation;
    }
}
