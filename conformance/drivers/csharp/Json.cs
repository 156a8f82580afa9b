// As much JSON as the driver protocol needs: reading one line, and writing texts. It is no general reader.

using System.Collections.Generic;
using System.Globalization;
using System.Text;

/// <summary>Values are Dictionary, List, string, long, bool or null.</summary>
internal sealed class Json
{
    private readonly string text;
    private int at;

    private Json(string text)
    {
        this.text = text;
    }

    internal static Dictionary<string, object> ReadObject(string line)
    {
        return (Dictionary<string, object>)new Json(line).Value();
    }

    internal static string Quoted(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (char letter in value)
        {
            if (letter == '"' || letter == '\\')
            {
                quoted.Append('\\').Append(letter);
            }
            else if (letter < ' ')
            {
                quoted.Append("\\u").Append(((int)letter).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                quoted.Append(letter);
            }
        }
        return quoted.Append('"').ToString();
    }

    private object Value()
    {
        Space();
        switch (text[at])
        {
            case '{': return Object();
            case '[': return Array();
            case '"': return Text();
            case 't': at += 4; return true;
            case 'f': at += 5; return false;
            case 'n': at += 4; return null;
            default: return Number();
        }
    }

    private Dictionary<string, object> Object()
    {
        var members = new Dictionary<string, object>();
        at++;
        while (!Ends('}'))
        {
            Space();
            string key = Text();
            Space();
            at++;
            members[key] = Value();
        }
        return members;
    }

    private List<object> Array()
    {
        var items = new List<object>();
        at++;
        while (!Ends(']'))
        {
            items.Add(Value());
        }
        return items;
    }

    private bool Ends(char end)
    {
        Space();
        if (text[at] == ',')
        {
            at++;
        }
        else if (text[at] == end)
        {
            at++;
            return true;
        }
        return false;
    }

    private string Text()
    {
        var value = new StringBuilder();
        at++;
        while (text[at] != '"')
        {
            char letter = text[at++];
            if (letter != '\\')
            {
                value.Append(letter);
                continue;
            }
            char escape = text[at++];
            switch (escape)
            {
                case 'n': value.Append('\n'); break;
                case 't': value.Append('\t'); break;
                case 'r': value.Append('\r'); break;
                case 'b': value.Append('\b'); break;
                case 'f': value.Append('\f'); break;
                case 'u':
                    value.Append((char)int.Parse(text.Substring(at, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    at += 4;
                    break;
                default: value.Append(escape); break;
            }
        }
        at++;
        return value.ToString();
    }

    private long Number()
    {
        int start = at;
        while (at < text.Length && (char.IsDigit(text[at]) || text[at] == '-'))
        {
            at++;
        }
        return long.Parse(text.Substring(start, at - start), CultureInfo.InvariantCulture);
    }

    private void Space()
    {
        while (text[at] == ' ')
        {
            at++;
        }
    }
}
