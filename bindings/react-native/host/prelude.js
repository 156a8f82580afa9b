// What React Native's JavaScript has and JavaScriptCore alone has not: a console, modules, and the mark of an app that is
// not being developed, in which generated code takes no stack of each call. Runs before the script.
// Modules are CommonJS, as files; a name without a path is a file of the folder that the host was told.

globalThis.global = globalThis;
globalThis.console = Object.fromEntries(
  ["log", "info", "debug", "warn", "error"].map((level) => [
    level,
    (...parts) => host.printError(`${level}: ${parts.map(String).join(" ")}`),
  ]),
);
globalThis.process = { env: { NODE_ENV: "production" } };
globalThis.queueMicrotask = (callback) => void Promise.resolve().then(callback);
globalThis.setImmediate = (callback, ...parts) => queueMicrotask(() => callback(...parts));

/** As Hermes has it; what is half a surrogate pair becomes U+FFFD. */
globalThis.TextEncoder = class TextEncoder {
  encode(text) {
    const bytes = new Uint8Array(3 * text.length);
    return bytes.slice(0, this.encodeInto(text, bytes).written);
  }

  encodeInto(text, bytes) {
    let read = 0;
    let written = 0;
    for (const character of text) {
      const unit = character.codePointAt(0);
      const code = unit >= 0xd800 && unit <= 0xdfff ? 0xfffd : unit;
      const length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      if (written + length > bytes.length) {
        break;
      }
      for (let at = length - 1; at > 0; at -= 1) {
        bytes[written + at] = 0x80 | ((code >> (6 * (length - 1 - at))) & 0x3f);
      }
      const mark = [0, 0, 0xc0, 0xe0, 0xf0][length];
      bytes[written] = mark | (code >> (6 * (length - 1)));
      read += character.length;
      written += length;
    }
    return { read, written };
  }
};

const modules = new Map();

function fileOf(name, folder) {
  const path = name.startsWith("/") ? name : `${name.startsWith(".") ? folder : host.packages}/${name}`;
  const parts = [];
  for (const part of path.split("/")) {
    if (part === "..") {
      parts.pop();
    } else if (part !== ".") {
      parts.push(part);
    }
  }
  const stem = parts.join("/");
  const file = [stem, `${stem}.js`, `${stem}/index.js`].find((file) => host.isFile(file));
  if (!file) {
    throw new Error(`there is no module ${name} in ${folder}`);
  }
  return file;
}

function load(file) {
  const known = modules.get(file);
  if (known) {
    return known.exports;
  }
  const module = { exports: {} };
  modules.set(file, module);
  const folder = file.slice(0, file.lastIndexOf("/"));
  const require = (name) => load(fileOf(name, folder));
  const text = `(function (module, exports, require) {${host.readFile(file)}\n})`;
  host.evaluate(text, file)(module, module.exports, require);
  return module.exports;
}

/** Runs a file. */
globalThis.runScript = (file) => load(fileOf(file, ""));
