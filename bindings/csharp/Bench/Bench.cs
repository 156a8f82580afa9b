// The rows of C# for the bench table (docs/benchmarks.md): a line of JSON for each. `bench <ticket>`, beside a gateway.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Tessera.V2TIM;

internal static class Bench
{
    private const long App = 1400000001;
    private const int Rounds = 15;
    private const int Calls = 500000;

    /// <summary>What the call costs without us: the same functions, declared by hand.</summary>
    private static class Bare
    {
        [DllImport("tessera", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMGetLoginStatus();

        [DllImport("tessera", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int TIMGetLoginUserID(byte[] user_id_buffer);

        [DllImport("tessera", CallingConvention = CallingConvention.Cdecl, CharSet = CharSet.Ansi)]
        internal static extern int TIMGetLoginUserID(StringBuilder user_id_buffer);

        /// <summary>Compiled here, as the binding's own is there, so that both take the same way to the library.</summary>
        internal static int Status()
        {
            return TIMGetLoginStatus();
        }
    }

    /// <summary>CPU time of this thread in nanoseconds: what else runs on the machine does not count.</summary>
    private static class CpuTime
    {
        private const int ThreadCpuTime = 3;

        [StructLayout(LayoutKind.Sequential)]
        private struct Timespec
        {
            internal long Seconds;
            internal long Nanoseconds;
        }

        [DllImport("libc")]
        private static extern int clock_gettime(int clock, out Timespec time);

        internal static double Now()
        {
            Timespec time;
            clock_gettime(ThreadCpuTime, out time);
            return time.Seconds * 1e9 + time.Nanoseconds;
        }
    }

    private static int Main(string[] arguments)
    {
        if (arguments.Length != 1)
        {
            Console.Error.WriteLine("usage: bench <ticket>");
            return 2;
        }
        if (TencentIMSDK.Init(App, null) != TIMResult.TIM_SUCC || TesseraSDK.LoginAndWait("alice", arguments[0]) != null)
        {
            Console.Error.WriteLine("no login: " + TesseraSDK.LastError);
            return 1;
        }
        var user = new StringBuilder(128);
        var buffer = new byte[128];
        Getter("status getter", () => Each(() => TencentIMSDK.GetLoginStatus()), "bare P/Invoke", () => Each(() => Bare.Status()));
        Getter("user-id getter", () => Each(() => TencentIMSDK.GetLoginUserID(user)), "bare P/Invoke, into bytes", () => Each(() => Bare.TIMGetLoginUserID(buffer)), "bare P/Invoke, StringBuilder", () => Each(() => Bare.TIMGetLoginUserID(user)));
        Latency();
        TencentIMSDK.Uninit();
        return 0;
    }

    private static double Each(Action call)
    {
        double before = CpuTime.Now();
        for (int at = 0; at < Calls; at++)
        {
            call();
        }
        return (CpuTime.Now() - before) / Calls;
    }

    private static void Getter(string name, Func<double> row, string what, Func<double> anchor, string other = null, Func<double> another = null)
    {
        var rows = new List<double>();
        var anchors = new List<double>();
        var others = new List<double>();
        for (int round = 0; round < Rounds; round++)
        {
            anchors.Add(anchor());
            rows.Add(row());
            if (another != null)
            {
                others.Add(another());
            }
        }
        string more = another != null ? ", " + Anchor(other, Median(others)) : "";
        Print(name, Median(rows), "ns", "\"anchors\": [" + Anchor(what, Median(anchors)) + more + "]");
    }

    /// <summary>From a call that the core has done at once to its callback, on the SDK's thread.</summary>
    private static void Latency()
    {
        TesseraSDK.LogoutAndWait();
        var times = new List<double>();
        var done = new SemaphoreSlim(0);
        for (int at = 0; at < 5000; at++)
        {
            var watch = Stopwatch.StartNew();
            TencentIMSDK.Logout((int code, string desc, string user_data) =>
            {
                times.Add(watch.Elapsed.TotalMilliseconds * 1e3);
                done.Release();
            });
            done.Wait();
        }
        Print("latency of a result, p50", Median(times), "us", "\"budget\": 50");
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private static string Anchor(string what, double measured)
    {
        return "{\"what\": \"" + what + "\", \"measured\": " + Number(measured) + "}";
    }

    private static void Print(string name, double measured, string unit, string more)
    {
        Console.WriteLine("{\"name\": \"C#: " + name + "\", \"measured\": " + Number(measured) + ", \"unit\": \"" + unit + "\", " + more + "}");
    }

    private static string Number(double value)
    {
        return value.ToString("F2", CultureInfo.InvariantCulture);
    }
}
