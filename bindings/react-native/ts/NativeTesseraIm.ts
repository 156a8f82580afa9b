/** The module of the platform, as React Native's codegen reads it. It brings the library's functions; nothing more. */

import { type TurboModule, TurboModuleRegistry } from "react-native";

export interface Spec extends TurboModule {
  /** Puts the library's functions into this runtime. */
  install(): boolean;
  /** `manifest`: settings of the app's manifest or property list, by their names there. */
  getConstants(): { readonly manifest: { readonly [name: string]: string } };
}

export default TurboModuleRegistry.getEnforcing<Spec>("TesseraIm");
