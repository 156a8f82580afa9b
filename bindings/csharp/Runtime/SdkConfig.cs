// The configuration of TencentIMSDK.Init. Its settings are generated; here is how they become JSON.

using System.Globalization;
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

        private static void Write(StringBuilder json, string key, string value)
        {
            if (value == null)
            {
                return;
            }
            WriteKey(json, key);
            json.Append('"');
            foreach (char letter in value)
            {
                if (letter == '"' || letter == '\\')
                {
                    json.Append('\\').Append(letter);
                }
                else if (letter < ' ')
                {
                    json.Append("\\u").Append(((int)letter).ToString("x4", CultureInfo.InvariantCulture));
                }
                else
                {
                    json.Append(letter);
                }
            }
            json.Append('"');
        }

        private static void Write(StringBuilder json, string key, bool? value)
        {
            if (value.HasValue)
            {
                WriteKey(json, key);
                json.Append(value.Value ? "true" : "false");
            }
        }

        private static void Write(StringBuilder json, string key, long? value)
        {
            if (value.HasValue)
            {
                WriteKey(json, key);
                json.Append(value.Value.ToString(CultureInfo.InvariantCulture));
            }
        }

        private static void WriteKey(StringBuilder json, string key)
        {
            json.Append(json.Length == 0 ? "\"" : ",\"").Append(key).Append("\":");
        }
    }
}
