// Where callbacks run (C18): in the SynchronizationContext that was current at init, which in Unity is the main thread;
// without one, on a thread of the SDK.

using System;
using System.Threading;

namespace Tessera.V2TIM
{
    internal static class HostLoop
    {
        private static readonly Native.PlainFunction wake = OnWake;
        private static readonly SendOrPostCallback deliver = state => Deliver();
        private static volatile SynchronizationContext context;

        internal static void Use(SynchronizationContext newer)
        {
            context = newer;
            Native.tessera_set_host_loop(Native.tessera_client_shared(), newer != null ? wake : null, IntPtr.Zero);
        }

        /// <summary>
        /// Runs what waits on this thread, and leaves nothing to the loop or to a thread of the SDK. When it returns,
        /// <see cref="OnWake"/> does not run any more.
        /// </summary>
        internal static void End()
        {
            Deliver();
            Use(null);
        }

        /// <summary>Runs something after all callbacks that wait now; at once where there is no loop.</summary>
        internal static void After(Action action)
        {
            var loop = context;
            if (loop == null)
            {
                action();
                return;
            }
            loop.Post(state =>
            {
                Deliver();
                action();
            }, null);
        }

        private static void Deliver()
        {
            Native.tessera_deliver_waiting(Native.tessera_client_shared());
        }

        /// <summary>On a thread of the SDK; only posts.</summary>
        [MonoPInvokeCallback(typeof(Native.PlainFunction))]
        private static void OnWake(IntPtr key)
        {
            Callbacks.Contain(() =>
            {
                var loop = context;
                if (loop != null)
                {
                    loop.Post(deliver, null);
                }
            });
        }
    }
}
