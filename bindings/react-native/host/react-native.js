// What the package uses of React Native, as the host has it.

const TesseraIm = {
  install: () => host.install(),
  getConstants: () => ({ manifest: JSON.parse(host.environment("TESSERA_MANIFEST") ?? "{}") }),
};

exports.TurboModuleRegistry = {
  getEnforcing(name) {
    if (name !== "TesseraIm") {
      throw new Error(`there is no module ${name}`);
    }
    return TesseraIm;
  },
};
