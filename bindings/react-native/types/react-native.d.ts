// What the package uses of React Native's types, so that it can be compiled without React Native. Not in the package:
// an app has the real ones.

declare module "react-native" {
  export interface TurboModule {
    getConstants?(): object;
  }
  export namespace CodegenTypes {
    type EventEmitter<T> = (handler: (value: T) => void | Promise<void>) => { remove(): void };
  }
  export const AppState: { addEventListener(event: "change", handler: (state: string) => void): { remove(): void } };
  export const TurboModuleRegistry: { getEnforcing<T extends TurboModule>(name: string): T };
}
