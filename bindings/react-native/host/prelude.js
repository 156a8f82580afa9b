// What React Native's JavaScript has and JavaScriptCore alone has not: a console, and modules. Runs before the script.
// Modules are CommonJS, as files; a name without a path is a file of the folder that the host was told.

globalThis.global = globalThis;
globalThis.console = Object.fromEntries(
  ["log", "info", "debug", "warn", "error"].map((level) => [
    level,
    (...parts) => host.printError(`${level}: ${parts.map(String).join(" ")}`),
  ]),
);
globalThis.queueMicrotask = (callback) => void Promise.resolve().then(callback);
globalThis.setImmediate = (callback, ...parts) => queueMicrotask(() => callback(...parts));

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
globalThis.load = (file) => load(fileOf(file, ""));
