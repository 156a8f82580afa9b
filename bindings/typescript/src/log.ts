/** The SDK's log for the app. */

import { LogLevelEnum } from "./generated/status";
import { guarded } from "./listeners";
import { native } from "./native";

/** Takes a line of the log. It never holds a ticket. */
export type LogListener = (level: LogLevelEnum, text: string) => unknown;

/**
 * Sends the lines of the SDK's log to `listener` from now on, or, with `null`, to nobody, as at the start. The level is
 * the setting `logLevel` of the client that was initialised last. A process has one log: it goes to whoever asked last.
 */
export function setLogListener(listener: LogListener | null): void {
  const take = listener && ((level: number, text: string) => guarded("the log listener", () => listener(level, text)));
  native().setLogListener(take);
}
