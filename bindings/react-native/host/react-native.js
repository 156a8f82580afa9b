// What the package uses of React Native, as the host has it.

const TesseraIm = {
  // As in an app without the New Architecture.
  install: () => host.environment("TESSERA_NO_RUNTIME") === null && host.install(),
  getConstants: () => ({ manifest: JSON.parse(host.environment("TESSERA_MANIFEST") ?? "{}") }),
};

/** What the system says, as a program has it say. */
class Emitter {
  #handlers = new Set();

  add = (handler) => {
    this.#handlers.add(handler);
    return { remove: () => this.#handlers.delete(handler) };
  };

  emit(value) {
    this.#handlers.forEach((handler) => handler(value));
  }
}

const appStates = new Emitter();
const networks = new Emitter();
TesseraIm.onNetworkAvailable = networks.add;
exports.AppState = { addEventListener: (_, handler) => appStates.add(handler) };
exports.system = { goTo: (state) => appStates.emit(state), findNetwork: () => networks.emit() };

exports.TurboModuleRegistry = {
  getEnforcing(name) {
    if (name !== "TesseraIm") {
      throw new Error(`there is no module ${name}`);
    }
    return TesseraIm;
  },
};
