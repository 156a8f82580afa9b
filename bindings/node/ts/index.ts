/** The entry of the package on Node and Electron: the layer of all platforms, over Node's native module. */

import { useNative } from "../../typescript/src/native";
import { nodeModule } from "./native";

useNative(nodeModule);

export * from "../../typescript/src/index";
export { PlatformError } from "./binary";
export { sign, type TicketOptions } from "./sign";
