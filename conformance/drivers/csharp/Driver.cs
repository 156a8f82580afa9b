// The conformance driver of C# (docs/drivers.md): commands on standard input, replies and events on standard output, and
// TencentIMSDK in between. It knows no scenario. With --loop the app has an event loop, as in Unity.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Tessera.V2TIM;

internal static class Driver
{
    [ThreadStatic] private static bool inCall;

    private static readonly object output = new object();
    private static readonly object mutex = new object();
    private static readonly List<KeyValuePair<string, Dictionary<string, object>>> hooks =
        new List<KeyValuePair<string, Dictionary<string, object>>>();
    private static readonly Dictionary<string, Listener> listeners = new Dictionary<string, Listener>();
    private static readonly Queue<object> answers = new Queue<object>();
    private static StreamWriter writer;

    private static int Main(string[] arguments)
    {
        writer = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { NewLine = "\n" };
        // Compiled now, so that a reply has the state of when its call returned.
        State();
        Say("{\"driver\":\"csharp\",\"numbering\":\"csharp\"}");
        var reader = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        if (arguments.Length == 1 && arguments[0] == "--loop")
        {
            var loop = new Loop();
            var input = new Thread(() =>
            {
                ReadAll(reader, loop);
                loop.End();
            });
            input.Start();
            loop.Run();
        }
        else
        {
            ReadAll(reader, null);
        }
        return 0;
    }

    /// <summary>The next command comes only after the reply to the last.</summary>
    private static void ReadAll(TextReader reader, Loop loop)
    {
        string line;
        while ((line = reader.ReadLine()) != null)
        {
            var command = Json.ReadObject(line);
            if (loop == null)
            {
                CarryOut(command).Wait();
                continue;
            }
            var done = new ManualResetEventSlim();
            loop.Post(async state =>
            {
                await CarryOut(command);
                done.Set();
            }, null);
            done.Wait();
        }
    }

    private static async Task CarryOut(Dictionary<string, object> command)
    {
        bool ok = true;
        int code = 0;
        string what = (string)command["do"];
        if (what == "un_init" || what == "reset")
        {
            await TesseraSDK.UninitAsync();
            if (what == "reset")
            {
                Reset();
            }
        }
        else
        {
            inCall = true;
            Act(command, ref ok, ref code);
            inCall = false;
        }
        string failure = code != 0 ? ",\"code\":" + Text(code) : "";
        Say("{\"reply\":" + Text((long)command["id"]) + ",\"ok\":" + (ok ? "true" : "false") + failure + State());
    }

    private static void Act(Dictionary<string, object> command, ref bool ok, ref int code)
    {
        switch ((string)command["do"])
        {
            case "init": Init(command, ref ok, ref code); break;
            case "un_init": TencentIMSDK.Uninit(); break;
            case "login": LogIn((string)command["user"], (string)command["ticket"], (string)command["call"]); break;
            case "blocking_login":
                var error = TesseraSDK.LoginAndWait((string)command["user"], (string)command["ticket"]);
                ReportResult((string)command["call"], error);
                break;
            case "logout": LogOut((string)command["call"]); break;
            case "hint": TesseraSDK.NotifyNetworkAvailable(); break;
            case "provider": Provide((List<object>)command["answers"]); break;
            case "add_listener":
                TesseraSDK.AddListener(ListenerNamed((string)command["name"], command.ContainsKey("throws") && (bool)command["throws"]));
                break;
            case "remove_listener": TesseraSDK.RemoveListener(ListenerNamed((string)command["name"], false)); break;
            case "when":
                lock (mutex)
                {
                    hooks.Add(new KeyValuePair<string, Dictionary<string, object>>(
                        (string)command["event"], (Dictionary<string, object>)command["then"]));
                }
                break;
        }
    }

    private static void Init(Dictionary<string, object> command, ref bool ok, ref int code)
    {
        var config = new SdkConfig();
        foreach (var setting in (Dictionary<string, object>)command["settings"])
        {
            FieldInfo field = typeof(SdkConfig).GetField("sdk_config_" + setting.Key);
            string text = (string)setting.Value;
            if (field.FieldType == typeof(string))
            {
                field.SetValue(config, text);
            }
            else if (field.FieldType == typeof(bool?))
            {
                field.SetValue(config, text == "true");
            }
            else
            {
                field.SetValue(config, long.Parse(text, CultureInfo.InvariantCulture));
            }
        }
        TencentIMSDK.SetNetworkStatusListenerCallback(OnNetwork);
        TencentIMSDK.SetUserSigExpiredCallback(data => Report(new Line("user_sig_expired"), "user_sig_expired", "main"));
        TesseraSDK.AddListener(ListenerNamed("main", false));
        ok = TencentIMSDK.Init((long)command["app"], config) == TIMResult.TIM_SUCC;
        code = ok ? 0 : TesseraSDK.LastError.Code;
    }

    private static void OnNetwork(TIMNetworkStatus status, int code, string desc, string data)
    {
        switch (status)
        {
            case TIMNetworkStatus.kTIMConnecting: Report(new Line("connecting"), "connecting", "main"); break;
            case TIMNetworkStatus.kTIMConnected: Report(new Line("connect_success"), "connect_success", "main"); break;
            case TIMNetworkStatus.kTIMDisconnected: Report(new Line("disconnected"), "disconnected", "main"); break;
            case TIMNetworkStatus.kTIMConnectFailed:
                Report(new Line("connect_failed").Code(code).Add("desc", desc), "connect_failed", "main");
                break;
        }
    }

    private static void LogIn(string user, string ticket, string call)
    {
        ValueCallback callback = (int code, string desc, string json_param, string user_data) =>
            ReportResult(call, code == 0 ? null : TesseraSDK.LastError);
        if (TencentIMSDK.Login(user, ticket, callback) != TIMResult.TIM_SUCC)
        {
            Refused(call);
        }
    }

    private static void LogOut(string call)
    {
        NullValueCallback callback = (int code, string desc, string user_data) =>
            ReportResult(call, code == 0 ? null : TesseraSDK.LastError);
        if (TencentIMSDK.Logout(callback) != TIMResult.TIM_SUCC)
        {
            Refused(call);
        }
    }

    /// <summary>The call was refused by its return value, so there is no callback. It has returned.</summary>
    private static void Refused(string call)
    {
        inCall = false;
        ReportResult(call, TesseraSDK.LastError);
    }

    private static void Provide(List<object> given)
    {
        lock (mutex)
        {
            answers.Clear();
            given.ForEach(answers.Enqueue);
        }
        TesseraSDK.SetTicketProvider(user =>
        {
            object answer;
            lock (mutex)
            {
                answer = answers.Count > 0 ? answers.Dequeue() : null;
            }
            Report(new Line("ticket_request"), "ticket_request", "");
            var fields = answer as Dictionary<string, object>;
            if (answer is string)
            {
                return new TaskCompletionSource<string>().Task; // "hang": never
            }
            if (fields == null || !fields.ContainsKey("ticket"))
            {
                throw new InvalidOperationException("no ticket");
            }
            return Task.FromResult((string)fields["ticket"]);
        });
    }

    private static void Reset()
    {
        TesseraSDK.SetTicketProvider(null);
        lock (mutex)
        {
            hooks.Clear();
            listeners.Clear();
            answers.Clear();
        }
    }

    private static Listener ListenerNamed(string name, bool throws)
    {
        lock (mutex)
        {
            Listener listener;
            if (!listeners.TryGetValue(name, out listener))
            {
                listener = new Listener(name, throws);
                listeners[name] = listener;
            }
            return listener;
        }
    }

    // ---- events -------------------------------------------------------------------------------------------------

    /// <summary>`main` has V2TIM's own callbacks for all but the reason of a kick.</summary>
    private sealed class Listener : TesseraListener
    {
        private readonly string name;
        private readonly bool throws;

        internal Listener(string name, bool throws)
        {
            this.name = name;
            this.throws = throws;
        }

        public override void OnConnecting() { Tell(new Line("connecting"), "connecting"); }
        public override void OnConnectSuccess() { Tell(new Line("connect_success"), "connect_success"); }
        public override void OnDisconnected(TIMError error) { Tell(new Line("disconnected"), "disconnected"); }
        public override void OnUserSigExpired() { Tell(new Line("user_sig_expired"), "user_sig_expired"); }

        public override void OnConnectFailed(TIMError error)
        {
            Tell(new Line("connect_failed").Code(error.Code).Add("desc", error.Desc), "connect_failed");
        }

        public override void OnKickedOffline(TesseraKick kick)
        {
            string[] reasons = { "other", "policy", "admin", "revoked", "disabled", "ticket_refused" };
            var line = new Line("kicked_offline").Add("reason", reasons[(int)kick.Reason]).Code(kick.Code);
            Report(kick.Platform != null ? line.Add("platform", kick.Platform) : line, "kicked_offline", name);
            Throw();
        }

        private void Tell(Line line, string what)
        {
            if (name != "main")
            {
                Report(line, what, name);
                Throw();
            }
        }

        private void Throw()
        {
            if (throws)
            {
                throw new InvalidOperationException("this listener always throws");
            }
        }
    }

    private static void ReportResult(string call, TIMError error)
    {
        var line = new Line("result").Add("call", call);
        if (error != null)
        {
            line.Code(error.Code).Add("desc", error.Desc).Retryable(error.Retryable);
        }
        Report(line, "result", "");
    }

    private static void Report(Line line, string what, string listener)
    {
        if (listener.Length > 0)
        {
            line.Add("listener", listener);
        }
        // Before the event is told: the hook that the answer to it brings is for the next one.
        var command = listener.Length == 0 || listener == "main" ? TakeHook(what) : null;
        line.Say();
        if (command != null)
        {
            RunHook(command);
        }
    }

    private static Dictionary<string, object> TakeHook(string what)
    {
        lock (mutex)
        {
            int found = hooks.FindIndex(hook => hook.Key == what);
            if (found < 0)
            {
                return null;
            }
            var command = hooks[found].Value;
            hooks.RemoveAt(found);
            return command;
        }
    }

    private static void RunHook(Dictionary<string, object> command)
    {
        bool ok = true;
        int code = 0;
        Act(command, ref ok, ref code);
    }

    // ---- lines --------------------------------------------------------------------------------------------------

    private sealed class Line
    {
        private readonly StringBuilder text = new StringBuilder();

        internal Line(string what)
        {
            text.Append("{\"event\":").Append(Json.Quoted(what));
            if (inCall)
            {
                text.Append(",\"inside_call\":true");
            }
        }

        internal Line Add(string key, string value)
        {
            text.Append(",\"").Append(key).Append("\":").Append(Json.Quoted(value));
            return this;
        }

        internal Line Code(int code)
        {
            if (code != 0)
            {
                text.Append(",\"code\":").Append(Text(code));
            }
            return this;
        }

        internal Line Retryable(bool retryable)
        {
            text.Append(",\"retryable\":").Append(retryable ? "true" : "false");
            return this;
        }

        internal void Say()
        {
            Driver.Say(text + State());
        }
    }

    private static string State()
    {
        var user = new StringBuilder(128);
        TencentIMSDK.GetLoginUserID(user);
        return ",\"status\":" + Text((int)TencentIMSDK.GetLoginStatus()) + ",\"user\":" + Json.Quoted(user.ToString()) +
            ",\"connection\":" + Text((int)TesseraSDK.ConnectionStatus) + "}";
    }

    private static string Text(long number)
    {
        return number.ToString(CultureInfo.InvariantCulture);
    }

    private static void Say(string line)
    {
        lock (output)
        {
            writer.WriteLine(line);
            writer.Flush();
        }
    }
}
