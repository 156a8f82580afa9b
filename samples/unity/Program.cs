// Drives LoginSample without Unity: a console program that has what the sample uses of it, a log and a main loop.
//
//     sample <sdk app id> <user> <userSig> <another user> <userSig>

using System;
using System.Collections.Concurrent;
using System.Threading;
using Tessera.V2TIM;

namespace UnityEngine
{
    internal static class Debug
    {
        internal static void Log(object message)
        {
            Console.WriteLine(message + (Thread.CurrentThread == Program.MainThread ? "" : " (not on the main thread)"));
        }
    }
}

/// <summary>What Unity's main thread has: things that are posted run there, in order, one frame after the other.</summary>
internal sealed class MainLoop : SynchronizationContext
{
    private readonly BlockingCollection<Action> posted = new BlockingCollection<Action>();

    public override void Post(SendOrPostCallback callback, object state)
    {
        posted.Add(() => callback(state));
    }

    internal void RunUntil(Func<bool> holds)
    {
        while (!holds())
        {
            Action action;
            if (!posted.TryTake(out action, 30000))
            {
                throw new TimeoutException("nothing has happened for half a minute");
            }
            action();
        }
    }
}

internal static class Program
{
    internal static readonly Thread MainThread = Thread.CurrentThread;

    private static readonly MainLoop loop = new MainLoop();

    private static int Main(string[] arguments)
    {
        try
        {
            Play(arguments);
            Console.WriteLine("1 passed, 0 failed, 0 skipped");
            return 0;
        }
        catch (Exception exception)
        {
            Console.WriteLine("FAILED " + exception.Message);
            Console.WriteLine("0 passed, 1 failed, 0 skipped");
            return 1;
        }
    }

    private static void Play(string[] arguments)
    {
        Require(arguments.Length == 5, "there are five arguments");
        SynchronizationContext.SetSynchronizationContext(loop);
        Console.WriteLine("version " + TencentIMSDK.GetSDKVersion());
        Require(LoginSample.Init(long.Parse(arguments[0])), "Init succeeds");
        LogIn(arguments[1], arguments[2]);
        // Another user: the first one is logged out by it.
        LogIn(arguments[3], arguments[4]);
        LoginSample.Logout();
        Finish();
        Expect("", TIMLoginStatus.kTIMLoginStatus_UnLogined);
        Require(TencentIMSDK.Uninit() == TIMResult.TIM_SUCC, "Uninit succeeds");
    }

    private static void LogIn(string user, string sig)
    {
        LoginSample.userid = user;
        LoginSample.user_sig = sig;
        LoginSample.Login();
        Finish();
        Expect(user, TIMLoginStatus.kTIMLoginStatus_Logined);
    }

    private static void Finish()
    {
        loop.RunUntil(() => LoginSample.outcome.HasValue);
        Require(LoginSample.outcome == (int)TIMErrCode.ERR_SUCC, "the call succeeds");
        LoginSample.outcome = null;
    }

    private static void Expect(string user, TIMLoginStatus status)
    {
        LoginSample.GetLoginUserID();
        LoginSample.GetLoginStatus();
        Require(LoginSample.loginUser == user && LoginSample.loginStatus == status, "user and status are the new ones");
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what + ": this does not hold");
        }
    }
}
