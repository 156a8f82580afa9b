// The JSON that the library takes, as it is written, and the numbers in what it answers.

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Tessera.V2TIM
{
    internal static class Json
    {
        internal static void Write(StringBuilder json, string key, string value)
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

        internal static void Write(StringBuilder json, string key, bool? value)
        {
            if (value.HasValue)
            {
                WriteKey(json, key);
                json.Append(value.Value ? "true" : "false");
            }
        }

        internal static void Write(StringBuilder json, string key, long? value)
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

        /// <summary>A value that is JSON already.</summary>
        internal static void WriteJson(StringBuilder json, string key, string value)
        {
            if (value != null)
            {
                WriteKey(json, key);
                json.Append(value);
            }
        }

        /// <summary>The number under a key of an object without depth; null if it is not there.</summary>
        internal static int? Number(string json, string key)
        {
            var found = Regex.Match(json, "\"" + key + "\":(\\d+)");
            return found.Success ? int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture) : (int?)null;
        }
    }
}
