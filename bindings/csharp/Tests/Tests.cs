// The tests of the C# binding: what is C#'s own about it. The rules of the session layer are tested by the scenarios.
// `tests <path of tim.h> [part of a name]`; `tests --exit` is what the test of exits starts.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Tessera.V2TIM;

internal static class Tests
{
    private static int Main(string[] arguments)
    {
        if (arguments[0] == "--exit")
        {
            return ExitInTheMiddle(arguments.Length > 1);
        }
        Check.Wanted = arguments.Length > 1 ? arguments[1] : "";
        Check.Run("tables are those of the C header", () => TablesAreThoseOf(arguments[0]));
        Check.Run("code of both shapes of V2TIM compiles, and each callback comes", EveryShape);
        Check.Run("configuration and experimental calls are those of a login", Configuration);
        Check.Run("one login, with the status and the user of each moment", OneLogin);
        Check.Run("what is refused at once has no callback", RefusedAtOnce);
        Check.Run("texts beyond ASCII get through", TextsBeyondAscii);
        Check.Run("a zero in a user id or a ticket does not end it", ZerosInTexts);
        Check.Run("what callbacks throw hurts nobody", WhatCallbacksThrow);
        Check.Run("callbacks survive the garbage collector", GarbageCollector);
        Check.Run("listeners count once, hear why, and are removed at once", Listeners);
        Check.Run("the removal of a listener that is forgotten already waits for its callback", ForgottenListener);
        Check.Run("callbacks run in the context that was current at init", CallbacksInTheLoop);
        Check.Run("at Uninit the loop delivers what is due, with 7009", UninitInTheLoop);
        Check.Run("tasks succeed, fail with the code, and go on outside of the callback", Tasks);
        Check.Run("a blocking call inside a callback fails at once", BlockingInside);
        Check.Run("a provider is asked, may fail, and renews the ticket", Provider);
        Check.Run("the log comes as lines, without the ticket", Log);
        Check.Run("a log callback may initialise while another thread does", InitInsideTheLogCallback);
        Check.Run("an application domain that is unloaded leaves nothing behind", UnloadedDomain);
        Check.Run("a process may exit in the middle of everything", Exits);
        return Check.Ended();
    }

    private static void TablesAreThoseOf(string header)
    {
        string text = File.ReadAllText(header);
        foreach (Type type in new[] { typeof(TIMErrCode), typeof(TIMResult), typeof(TIMLoginStatus), typeof(TIMNetworkStatus), typeof(TIMLogLevel), typeof(TesseraKickReason) })
        {
            string body = Regex.Match(text, "typedef enum " + type.Name + " \\{(.*?)\\}", RegexOptions.Singleline).Groups[1].Value;
            var found = new SortedDictionary<string, int>();
            foreach (Match constant in Regex.Matches(body, "^ *(\\w+) = (-?\\d+),", RegexOptions.Multiline))
            {
                found[constant.Groups[1].Value] = int.Parse(constant.Groups[2].Value);
            }
            Check.Is(Enum.GetNames(type).Length, found.Count, type.Name + "'s count");
            foreach (var constant in found)
            {
                Check.Is((int)Enum.Parse(type, constant.Key), constant.Value, constant.Key);
            }
        }
        Check.That(Enum.GetNames(typeof(TIMErrCode)).Length > 100, "the codes are there");
    }

    private static void EveryShape()
    {
        VendorShape.Setters();
        Check.Is(VendorShape.InitOldAndNew(Check.App), TIMResult.TIM_SUCC, "init");
        VendorShape.EveryOverload("alice", "no ticket");
        Check.That(Check.Until(() => VendorShape.Results == VendorShape.Callbacks), "all callbacks came: " + VendorShape.Results);
        Check.Is(TencentIMSDK.Uninit(), TIMResult.TIM_SUCC, "uninit");
    }

    private static void Configuration()
    {
        // C23: both work before init, and what is set holds from the next one on.
        int before = VendorShape.Results;
        VendorShape.Configuration();
        Check.That(Check.Until(() => VendorShape.Results - before == VendorShape.Configured), "all callbacks came");
        var lines = new List<string>();
        TencentIMSDK.SetLogCallback((level, log, data) => { lock (lines) { lines.Add(level + log); } });
        VendorShape.Configuration();
        Check.That(Check.Until(() => { lock (lines) { return lines.Exists(line => line.StartsWith("kTIMLog_Warn", StringComparison.Ordinal) && line.Contains("proxy")); } }), "a proxy is warned of");
        VendorShape.SetServer("gopher://nowhere");
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_ERR_PARAM, "init with a server that is none");
        VendorShape.SetServer(Environment.GetEnvironmentVariable("TESSERA_SERVER_URL"));
        TencentIMSDK.Uninit();
    }

    private static void OneLogin()
    {
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init");
        int result = -1;
        string ticket = Check.Ticket("alice");
        TIMResult res = TencentIMSDK.Login("alice", ticket, (int code, string desc, string json_param, string user_data) => { result = code; });
        Check.Is(res, TIMResult.TIM_SUCC, "login");
        Check.That(Check.Until(() => result != -1), "the result comes");
        Check.Is(result, 0, "the result");
        Check.Is(TencentIMSDK.GetLoginStatus(), TIMLoginStatus.kTIMLoginStatus_Logined, "status");
        Check.Is(VendorShape.LoginUser(), "alice", "user");
        var used = new StringBuilder("something longer than alice");
        TencentIMSDK.GetLoginUserID(used);
        Check.Is(used.ToString(), "alice", "a builder that was used");
        Check.That(TencentIMSDK.GetServerTime() > 1700000000, "server time");
        Check.That(TencentIMSDK.GetSDKVersion().Length >= 5, "version");
        Check.Is(TesseraSDK.ConnectionStatus, TIMNetworkStatus.kTIMConnected, "connection");
        Check.That(TesseraSDK.LogoutAndWait() == null, "logout");
        Check.Is(TencentIMSDK.GetLoginStatus(), TIMLoginStatus.kTIMLoginStatus_UnLogined, "status after");
        Check.Is(VendorShape.LoginUser(), "", "user after");
        TencentIMSDK.Uninit();
    }

    private static void RefusedAtOnce()
    {
        bool called = false;
        NullValueCallback callback = (code, desc, data) => called = true;
        Check.Is(TencentIMSDK.Init(0, null), TIMResult.TIM_ERR_PARAM, "app 0");
        Check.Is(TencentIMSDK.Init(-1, null), TIMResult.TIM_ERR_PARAM, "app -1");
        Check.Is(TencentIMSDK.Init(Check.App, new SdkConfig { sdk_config_login_timeout_ms = 1 }), TIMResult.TIM_ERR_PARAM, "setting");
        Check.That(TesseraSDK.LastError.Desc.Contains("login_timeout_ms"), "the reason");
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init");
        Check.Is(TencentIMSDK.Init(Check.App + 1, null), TIMResult.TIM_ERR_PARAM, "another app");
        Check.Is(TesseraSDK.LastError.Code, (int)TIMErrCode.ERR_SDK_HAD_INITIALIZED, "why");
        Check.Is(TencentIMSDK.Login("", "ticket", callback), TIMResult.TIM_ERR_PARAM, "empty user");
        Check.Is(TencentIMSDK.Login("alice", null, callback), TIMResult.TIM_ERR_PARAM, "no ticket");
        Check.Is(TencentIMSDK.GetLoginUserID(null), TIMResult.TIM_ERR_PARAM, "no builder");
        Thread.Sleep(20);
        Check.That(!called, "nobody is called");
        TencentIMSDK.Uninit();
    }

    private static void TextsBeyondAscii()
    {
        // The folder cannot be made, and the log names it.
        var lines = new List<string>();
        TencentIMSDK.SetLogCallback((level, log, data) => { lock (lines) { lines.Add(log); } });
        var config = new SdkConfig { sdk_config_device_dir = "/proc/ünï \"quoted\" \\ 用户\n" };
        Check.Is(TencentIMSDK.Init(Check.App, config), TIMResult.TIM_SUCC, "init");
        Check.That(Check.Until(() => { lock (lines) { return lines.Exists(line => line.Contains("ünï") && line.Contains("用户")); } }), "the folder is in the log");
        TencentIMSDK.Uninit();
    }

    private static void ZerosInTexts()
    {
        // C4: it must not make the user another one.
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init");
        string ticket = Check.Ticket("alice");
        Check.Is(TesseraSDK.LoginAndWait("alice\0evil", ticket).Code, (int)TIMErrCode.ERR_SDK_COMM_INVALID_IDENTIFIER, "user");
        Check.Is(TesseraSDK.LoginAndWait("alice\0", ticket).Code, (int)TIMErrCode.ERR_SDK_COMM_INVALID_IDENTIFIER, "user that ends so");
        Check.Is(TesseraSDK.LoginAndWait("alice", ticket + "\0evil").Code, (int)TIMErrCode.ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED, "ticket");
        int result = -1;
        TIMResult res = TencentIMSDK.Login("alice\0evil", ticket, (code, desc, user_data) => { result = code; });
        Check.Is(res, TIMResult.TIM_SUCC, "login");
        Check.That(Check.Until(() => result == (int)TIMErrCode.ERR_SDK_COMM_INVALID_IDENTIFIER), "the callback tells it: " + result);
        TencentIMSDK.Uninit();
    }

    private sealed class Throwing : TesseraListener
    {
        internal int Heard;

        public override void OnConnecting()
        {
            Heard++;
            throw new InvalidOperationException("thrown on purpose");
        }
    }

    private sealed class Hearing : TesseraListener
    {
        internal int Connected;
        internal TesseraKick Kick;
        internal TesseraListener Removes;

        public override void OnConnectSuccess()
        {
            Connected++;
            if (Removes != null)
            {
                TesseraSDK.RemoveListener(Removes);
            }
        }

        public override void OnKickedOffline(TesseraKick kick)
        {
            Kick = kick;
        }
    }

    private static void WhatCallbacksThrow()
    {
        // C19
        var throwing = new Throwing();
        var after = new Hearing();
        int thrown = 0;
        TencentIMSDK.SetLogCallback((level, log, data) =>
        {
            thrown += log.Contains("thrown on purpose") ? 1 : 0;
            throw new InvalidOperationException("the log callback throws too");
        });
        TesseraSDK.AddListener(throwing);
        TesseraSDK.AddListener(after);
        TencentIMSDK.SetNetworkStatusListenerCallback((status, code, desc, data) => { throw new InvalidOperationException("thrown on purpose"); });
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init");
        Check.That(Check.Until(() => after.Connected == 1 && throwing.Heard == 1), "the other listener hears");
        int results = 0;
        TencentIMSDK.Logout((int code, string desc, string data) => { results++; throw new InvalidOperationException("thrown on purpose"); });
        TencentIMSDK.Logout((int code, string desc, string data) => { results++; });
        Check.That(Check.Until(() => results == 2), "results come");
        Check.That(Check.Until(() => thrown >= 3), "the log tells: " + thrown);
        TencentIMSDK.Uninit();
    }

    private static void GarbageCollector()
    {
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init");
        int results = 0;
        int calls = Check.IsFull ? 20000 : 2000;
        for (int at = 0; at < calls; at++)
        {
            // Nothing of ours keeps the delegate.
            TIMResult res;
            do
            {
                res = TencentIMSDK.Login("alice", "no ticket " + at, (int code, string desc, string data) => Interlocked.Increment(ref results));
            }
            while (res != TIMResult.TIM_SUCC);
            if (at % 100 == 0)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
        Check.That(Check.Until(() => results == calls), "every call has its result: " + results + " of " + calls);
        TencentIMSDK.Uninit();
    }

    private static void Listeners()
    {
        // C12, C19
        var first = new Hearing();
        var second = new Hearing();
        first.Removes = second;
        TesseraSDK.AddListener(first);
        TesseraSDK.AddListener(first);
        TesseraSDK.AddListener(second);
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init");
        Check.That(Check.Until(() => first.Connected > 0), "connected");
        Check.That(TesseraSDK.LoginAndWait("kicked", Check.Ticket("kicked")) == null, "login");
        Check.Ask("kick kicked");
        Check.That(Check.Until(() => first.Kick != null), "kicked");
        Check.Is(first.Kick.Reason, TesseraKickReason.kTesseraKickReason_Admin, "reason");
        Check.That(first.Kick.Platform == null && first.Kick.At.Year > 2020, "platform and time");
        Check.Is(first.Connected, 1, "heard once");
        Check.Is(second.Connected, 0, "removed before its turn");
        TesseraSDK.RemoveListener(first);
        TesseraSDK.RemoveListener(first);
        TesseraSDK.RemoveListener(null);
        TencentIMSDK.Uninit();
    }

    /// <summary>Forgets itself while its callback runs, and stays there.</summary>
    private sealed class Staying : TesseraListener
    {
        internal readonly ManualResetEventSlim Entered = new ManualResetEventSlim();
        internal readonly ManualResetEventSlim MayLeave = new ManualResetEventSlim();
        internal Action Forget;
        internal volatile bool Left;

        public override void OnConnecting()
        {
            Forget();
            Entered.Set();
            MayLeave.Wait(20000);
            Left = true;
        }
    }

    private static void ForgottenListener()
    {
        // C19
        for (int at = 0; at < 2; at++)
        {
            var listener = new Staying();
            listener.Forget = at == 0 ? (Action)(() => TesseraSDK.RemoveListener(listener)) : () => TencentIMSDK.Uninit();
            TesseraSDK.AddListener(listener);
            Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init");
            Check.That(listener.Entered.Wait(20000), "it is called");
            var opener = new Thread(() =>
            {
                Thread.Sleep(50);
                listener.MayLeave.Set();
            });
            opener.Start();
            TesseraSDK.RemoveListener(listener);
            Check.That(listener.Left, "the callback had returned");
            opener.Join();
            TencentIMSDK.Uninit();
        }
    }

    private static void CallbacksInTheLoop()
    {
        // C18
        var loop = new TestLoop();
        var threads = new HashSet<Thread>();
        TencentIMSDK.SetNetworkStatusListenerCallback((status, code, desc, data) => threads.Add(Thread.CurrentThread));
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init");
        bool done = false;
        TencentIMSDK.Login("looped", Check.Ticket("looped"), (int code, string desc, string data) =>
        {
            threads.Add(Thread.CurrentThread);
            done = code == 0;
        });
        Check.That(Check.Until(() => loop.Waiting > 0), "something is posted");
        Thread.Sleep(100);
        Check.That(!done && threads.Count == 0, "nothing runs outside of the loop");
        Check.That(loop.TurnUntil(() => done), "the loop delivers");
        Check.That(threads.Count == 1 && threads.Contains(loop.Thread), "on its thread");
        var uninit = TesseraSDK.UninitAsync();
        Check.That(loop.TurnUntil(() => uninit.IsCompleted), "the end comes");
        loop.End();
    }

    private static void UninitInTheLoop()
    {
        // C9
        var loop = new TestLoop();
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init");
        var codes = new List<int>();
        int events = 0;
        TencentIMSDK.SetNetworkStatusListenerCallback((status, code, desc, data) => events++);
        TencentIMSDK.Login("looped", "no ticket", (int code, string desc, string data) => codes.Add(code));
        TencentIMSDK.Logout((int code, string desc, string data) => codes.Add(code));
        var other = new Thread(() => TencentIMSDK.Uninit());
        other.Start();
        other.Join();
        Check.Is(codes.Count, 0, "what came before the loop turned");
        Check.That(loop.TurnUntil(() => codes.Count == 2), "both come");
        Check.That(codes.TrueForAll(code => code == (int)TIMErrCode.ERR_SDK_COMM_INTERRUPT), "as 7009");
        Check.Is(events, 0, "events");
        // Inside a callback it is done when it returns.
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init again");
        codes.Clear();
        int inside = -1;
        TencentIMSDK.Logout((int code, string desc, string data) =>
        {
            TencentIMSDK.Login("looped", "no ticket", (int c, string d, string u) => codes.Add(c));
            TencentIMSDK.Uninit();
            inside = codes.Count;
        });
        Check.That(loop.TurnUntil(() => inside != -1), "the callback runs");
        Check.Is(inside, 1, "results before it returned");
        loop.End();
        TencentIMSDK.Init(Check.App, null);
        TencentIMSDK.Uninit();
    }

    private static void Tasks()
    {
        var loop = new TestLoop();
        Task test = TasksInTheLoop(loop);
        Check.That(loop.TurnUntil(() => test.IsCompleted), "the test ends");
        test.GetAwaiter().GetResult();
        loop.End();
        // And without a loop.
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init");
        TasksWithoutLoop().Wait();
    }

    private static async Task TasksWithoutLoop()
    {
        await TesseraSDK.LoginAsync("tasks", Check.Ticket("tasks"));
        Check.That(TesseraSDK.LogoutAndWait() == null, "a blocking call after await is not inside the callback");
        await TesseraSDK.LogoutAsync();
        await TesseraSDK.UninitAsync();
    }

    private static async Task TasksInTheLoop(TestLoop loop)
    {
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init");
        await TesseraSDK.LoginAsync("tasks", Check.Ticket("tasks"));
        Check.That(Thread.CurrentThread == loop.Thread, "it goes on in the loop");
        Check.Is(VendorShape.LoginUser(), "tasks", "user");
        Check.Is(TesseraSDK.LogoutAndWait().Code, (int)TIMErrCode.ERR_SDK_INVALID_OPERATION, "a blocking call would stop the loop");
        Check.That(await Task.Run(() => TesseraSDK.LogoutAndWait()) == null, "on another thread it does not");
        foreach (var wrong in new[] { new[] { "tasks", "no ticket", "70003" }, new[] { "", "ticket", "6017" }, new[] { null, null, "6017" } })
        {
            try
            {
                await TesseraSDK.LoginAsync(wrong[0], wrong[1]);
                Check.That(false, "it throws");
            }
            catch (TIMException exception)
            {
                Check.Is(exception.Error.Code.ToString(), wrong[2], "the code");
                Check.That(!exception.Error.Retryable && exception.Message.StartsWith(wrong[2], StringComparison.Ordinal), "the rest");
            }
        }
        var login = TesseraSDK.LoginAsync("tasks", "no ticket");
        await TesseraSDK.UninitAsync();
        try
        {
            await login;
            Check.That(false, "it throws");
        }
        catch (TIMException exception)
        {
            Check.Is(exception.Error.Code, (int)TIMErrCode.ERR_SDK_COMM_INTERRUPT, "a login that Uninit met");
        }
        try
        {
            await TesseraSDK.LogoutAsync();
            Check.That(false, "it throws");
        }
        catch (TIMException exception)
        {
            Check.Is(exception.Error.Code, (int)TIMErrCode.ERR_SDK_NOT_INITIALIZED, "without init");
        }
    }

    private static void BlockingInside()
    {
        // C18
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init");
        TIMError inside = null;
        TencentIMSDK.Logout((int code, string desc, string data) => { inside = TesseraSDK.LoginAndWait("alice", "ticket"); });
        Check.That(Check.Until(() => inside != null), "it returns");
        Check.Is(inside.Code, (int)TIMErrCode.ERR_SDK_INVALID_OPERATION, "the code");
        TencentIMSDK.Uninit();
    }

    private static void Provider()
    {
        // C15
        int asked = 0;
        string fresh = Check.Ticket("renewed");
        TesseraSDK.SetTicketProvider(async user =>
        {
            Check.Is(user, "renewed", "user");
            asked++;
            await Task.Delay(10);
            if (asked == 1)
            {
                throw new InvalidOperationException("no ticket yet");
            }
            return asked == 2 ? null : fresh;
        });
        var config = new SdkConfig
        {
            sdk_config_ticket_renew_percent = 10,
            sdk_config_ticket_request_interval_ms = 20,
            sdk_config_ticket_retry_min_ms = 20,
        };
        Check.Is(TencentIMSDK.Init(Check.App, config), TIMResult.TIM_SUCC, "init");
        // Half of it is over, so the provider is asked at once.
        string old = Check.Ask("sign renewed 60 " + (Number("now") - 30000));
        Check.That(TesseraSDK.LoginAndWait("renewed", old) == null, "login");
        Check.That(Check.Until(() => asked == 3), "asked again: " + asked);
        Check.That(Check.Until(() => Number("expires renewed") > Number("now") + 30000), "renewed");
        Check.Is(TencentIMSDK.GetLoginStatus(), TIMLoginStatus.kTIMLoginStatus_Logined, "status");
        TencentIMSDK.Uninit();
    }

    private static long Number(string request)
    {
        return long.Parse(Check.Ask(request));
    }

    private static void Log()
    {
        int lines = 0;
        int leaks = 0;
        string ticket = Check.Ticket("alice");
        TencentIMSDK.SetLogCallback((level, log, data) =>
        {
            lines++;
            leaks += log.Contains(ticket) ? 1 : 0;
        });
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init");
        Check.That(TesseraSDK.LoginAndWait("alice", ticket) == null, "login");
        Check.That(Check.Until(() => lines >= 2), "lines: " + lines);
        TencentIMSDK.Uninit();
        int after = lines;
        Thread.Sleep(50);
        Check.Is(lines, after, "lines after Uninit");
        Check.Is(leaks, 0, "leaks");
    }

    private static void InitInsideTheLogCallback()
    {
        // C18
        var ended = new ManualResetEventSlim();
        int lines = 0;
        TIMResult? inside = null;
        TencentIMSDK.SetLogCallback((level, log, data) =>
        {
            if (++lines > 1)
            {
                return;
            }
            TencentIMSDK.Uninit();
            ended.Set();
            // Meanwhile the other thread waits for this callback, in order to replace it.
            Thread.Sleep(100);
            inside = TencentIMSDK.Init(Check.App, null);
        });
        Check.Is(TencentIMSDK.Init(Check.App, null), TIMResult.TIM_SUCC, "init");
        Check.That(ended.Wait(20000), "a line comes");
        TencentIMSDK.SetConfig(new SetConfig { set_config_callback_log_level = TIMLogLevel.kTIMLog_Error }, null);
        Check.Is(TencentIMSDK.Init(Check.App, null, true), TIMResult.TIM_SUCC, "init again");
        Check.That(Check.Until(() => inside == TIMResult.TIM_SUCC), "init inside: " + inside);
        TencentIMSDK.Uninit();
        TencentIMSDK.SetConfig(new SetConfig { set_config_callback_log_level = TIMLogLevel.kTIMLog_Debug }, null);
    }

    /// <summary>What runs in the other domain, as a game runs in Unity's editor.</summary>
    private sealed class InDomain : MarshalByRefObject
    {
        private Told told;

        public bool Play(bool hasLoop, Told newer)
        {
            told = newer;
            if (hasLoop)
            {
                new TestLoop();
            }
            TencentIMSDK.SetNetworkStatusListenerCallback((status, code, desc, data) => Thread.Sleep(1));
            bool ok = TencentIMSDK.Init(Check.App, null) == TIMResult.TIM_SUCC;
            TencentIMSDK.Login("domain", "no ticket", (int code, string desc, string data) => told.Results++);
            TencentIMSDK.Logout((int code, string desc, string data) => told.Results++);
            return ok;
        }
    }

    /// <summary>Lives in the first domain, and hears what the other one was told.</summary>
    private sealed class Told : MarshalByRefObject
    {
        public int Results { get; set; }
    }

    private static void UnloadedDomain()
    {
        for (int at = 0; at < 6; at++)
        {
            var told = new Told();
            var domain = AppDomain.CreateDomain("play " + at, null, AppDomain.CurrentDomain.SetupInformation);
            var play = (InDomain)domain.CreateInstanceAndUnwrap(Assembly.GetExecutingAssembly().FullName, typeof(InDomain).FullName);
            Check.That(play.Play(at % 2 == 1, told), "it plays");
            AppDomain.Unload(domain);
            SynchronizationContext.SetSynchronizationContext(null);
            // C9: with a loop too, which does not turn any more.
            Check.Is(told.Results, 2, "results of what was due in domain " + at);
        }
        Check.Is(TencentIMSDK.GetLoginStatus(), TIMLoginStatus.kTIMLoginStatus_UnLogined, "status");
        OneLogin();
    }

    private static int ExitInTheMiddle(bool hasLoop)
    {
        if (hasLoop)
        {
            new TestLoop();
        }
        TencentIMSDK.SetLogCallback((level, log, data) => { });
        TencentIMSDK.SetNetworkStatusListenerCallback((status, code, desc, data) => { });
        if (TencentIMSDK.Init(Check.App, null) != TIMResult.TIM_SUCC)
        {
            return 1;
        }
        for (int at = 0; at < 50; at++)
        {
            TencentIMSDK.Login("exit", "no ticket " + at, (int code, string desc, string data) => { });
        }
        return 0;
    }

    private static void Exits()
    {
        int exits = Check.IsFull ? 1000 : 20;
        string program = Assembly.GetExecutingAssembly().Location;
        for (int at = 0; at < exits; at++)
        {
            var start = new ProcessStartInfo("mono", "\"" + program + "\" --exit" + (at % 2 == 1 ? " loop" : "")) { UseShellExecute = false };
            using (var process = Process.Start(start))
            {
                if (!process.WaitForExit(20000))
                {
                    process.Kill();
                    Check.That(false, "exit " + at + " ends");
                    return;
                }
                Check.Is(process.ExitCode, 0, "exit code of " + at);
            }
        }
    }
}
