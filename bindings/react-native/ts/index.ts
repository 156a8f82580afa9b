/** The entry of the package on React Native: the layer of all platforms, over React Native's native module. */

import { useNative } from "../../typescript/src/native";
import { reactNativeModule } from "./native";

useNative(reactNativeModule);

export * from "../../typescript/src/index";
