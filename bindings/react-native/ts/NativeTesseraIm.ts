/** The module of the platform, as React Native's codegen reads it. It brings the library's functions, and what only the
 * platform knows. */

import { type CodegenTypes, type TurboModule, TurboModuleRegistry } from "react-native";

export interface Spec extends TurboModule {
  /** Puts the library's functions into this runtime; false if it cannot be reached. */
  install(): boolean;
  /** `manifest`: settings of the app's manifest or property list, by their names there, and under them what the platform
   * knows: the folder of the device id, and that an iPad is one. */
  getConstants(): { readonly manifest: { readonly [name: string]: string } };
  /** The system has a network that it had not before. */
  readonly onNetworkAvailable: CodegenTypes.EventEmitter<void>;
}

export default TurboModuleRegistry.getEnforcing<Spec>("TesseraIm");
