// What the package uses of React Native's types, so that it can be compiled without React Native. Not in the package:
// an app has the real ones.

declare module "react-native" {
  export interface TurboModule {
    getConstants?(): object;
  }
  export const TurboModuleRegistry: { getEnforcing<T extends TurboModule>(name: string): T };
}
