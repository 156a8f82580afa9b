// What the tests share: checks, waiting, and asking the gateway that tessera-with-gateway runs beside them.

using System;
using System.Collections.Concurrent;
using System.Threading;

internal static class Check
{
    internal const long App = 1400000001;

    /// <summary>Only tests with this in their names are run.</summary>
    internal static string Wanted = "";

    private static int passed;
    private static int failed;
    private static int failuresOfTest;
    private static readonly object requests = new object();

    internal static void That(bool holds, string what)
    {
        if (!holds)
        {
            Interlocked.Increment(ref failuresOfTest);
            Console.WriteLine("this does not hold: " + what);
        }
    }

    internal static void Is<T>(T found, T wanted, string what)
    {
        That(Equals(found, wanted), what + " is " + found + ", not " + wanted);
    }

    internal static void Run(string name, Action test)
    {
        if (!name.Contains(Wanted))
        {
            return;
        }
        failuresOfTest = 0;
        try
        {
            test();
        }
        catch (Exception exception)
        {
            That(false, "it throws nothing: " + exception);
        }
        Console.WriteLine((failuresOfTest == 0 ? "ok     " : "FAILED ") + name);
        if (failuresOfTest == 0)
        {
            passed++;
        }
        else
        {
            failed++;
        }
    }

    internal static int Ended()
    {
        Console.WriteLine(passed + " passed, " + failed + " failed, 0 skipped");
        return failed == 0 ? 0 : 1;
    }

    internal static string Ask(string request)
    {
        lock (requests)
        {
            Console.WriteLine("@" + request);
            Console.Out.Flush();
            string answer = Console.ReadLine();
            if (answer == null || !answer.StartsWith("ok", StringComparison.Ordinal))
            {
                throw new InvalidOperationException("the gateway says: " + answer);
            }
            return answer.Length > 3 ? answer.Substring(3) : "";
        }
    }

    internal static string Ticket(string user, int seconds = 60)
    {
        return Ask("sign " + user + " " + seconds);
    }

    internal static bool IsFull
    {
        get { return Environment.GetEnvironmentVariable("TESSERA_FULL") == "1"; }
    }

    internal static bool Until(Func<bool> holds)
    {
        for (int tries = 0; tries < 20000 && !holds(); tries++)
        {
            Thread.Sleep(1);
        }
        return holds();
    }
}

/// <summary>A loop as Unity's main thread has one; each turn is taken by the test.</summary>
internal sealed class TestLoop : SynchronizationContext
{
    private readonly BlockingCollection<Action> queue = new BlockingCollection<Action>();

    internal TestLoop()
    {
        Thread = Thread.CurrentThread;
        SetSynchronizationContext(this);
    }

    internal Thread Thread { get; private set; }

    public override void Post(SendOrPostCallback callback, object state)
    {
        queue.Add(() => callback(state));
    }

    /// <summary>Turns until it holds.</summary>
    internal bool TurnUntil(Func<bool> holds)
    {
        Action action;
        while (!holds() && queue.TryTake(out action, 20000))
        {
            action();
        }
        return holds();
    }

    internal int Waiting
    {
        get { return queue.Count; }
    }

    internal void End()
    {
        SetSynchronizationContext(null);
    }
}
