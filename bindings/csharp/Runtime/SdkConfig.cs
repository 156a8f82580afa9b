// The configuration of TencentIMSDK.Init. Its settings are generated.

using System.Text;

namespace Tessera.V2TIM
{
    /// <summary>
    /// What the SDK is initialised with. What is not set comes from the environment (C23), so code that was written for
    /// V2TIM needs no new line.
    /// </summary>
    public partial class SdkConfig
    {
        /// <summary>Taken, without effect.</summary>
        public string sdk_config_config_file_path;

        /// <summary>Taken, without effect: the log goes to the log callback.</summary>
        public string sdk_config_log_file_path;

        /// <summary>Taken, without effect: callbacks run in the context that is current at Init.</summary>
        public long? sdk_config_main_thread_id;

        /// <summary>Taken, without effect.</summary>
        public ulong? sdk_config_java_vm;

        internal string ToJson()
        {
            var json = new StringBuilder();
            WriteSettings(json);
            return "{" + json + "}";
        }
    }
}
