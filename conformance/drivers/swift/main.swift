// The conformance driver of Swift (`docs/drivers.md`): commands on standard input, replies and events on standard output,
// and V2TIM's names in between. Callbacks come on the main queue, so the main thread has nothing else to do.

import Dispatch

Host().start()
dispatchMain()
