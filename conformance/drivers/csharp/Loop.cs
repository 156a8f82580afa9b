// A loop as Unity's main thread has one: what is posted runs on one thread, in order.

using System;
using System.Collections.Concurrent;
using System.Threading;

internal sealed class Loop : SynchronizationContext
{
    private readonly BlockingCollection<Action> queue = new BlockingCollection<Action>();

    public override void Post(SendOrPostCallback callback, object state)
    {
        queue.Add(() => callback(state));
    }

    public override void Send(SendOrPostCallback callback, object state)
    {
        throw new NotSupportedException();
    }

    internal void End()
    {
        queue.CompleteAdding();
    }

    /// <summary>Runs what is posted, on the calling thread, until the end.</summary>
    internal void Run()
    {
        SetSynchronizationContext(this);
        foreach (Action action in queue.GetConsumingEnumerable())
        {
            action();
        }
    }
}
