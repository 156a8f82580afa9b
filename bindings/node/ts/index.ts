/** The entry of the package on Node and Electron: the layer of all platforms, over Node's native module. */

import { SETTINGS } from "../../typescript/src/generated/settings";
import { useNative } from "../../typescript/src/native";
import { keepConfigured } from "../../typescript/src/v2tim";
import { binary, keepAlive, nodeModule } from "./native";

useNative(nodeModule);

/**
 * What the test kit, which is a file of its own in the package, needs of this one.
 *
 * @internal
 */
export const internals = { binary, keepAlive, keepConfigured, SETTINGS };

export * from "../../typescript/src/index";
export { PlatformError } from "./binary";
export { sign, type TicketOptions } from "./sign";
