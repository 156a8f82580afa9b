/** The package in a realm of its own, as test runners load it, with listeners that throw: `realm.js <url> <ticket>`. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { createContext, runInContext } from "node:vm";

type Package = typeof import("tessera-im");
type Run = (module: { exports: object }, exports: object, require: NodeJS.Require, folder: string) => void;

const [url, ticket] = process.argv.slice(2) as [string, string];

function load(): Package {
  const file = require.resolve("tessera-im");
  const text = `(function (module, exports, require, __dirname) {${readFileSync(file, "utf8")}\n})`;
  const run = runInContext(text, createContext({ process, setImmediate }), { filename: file }) as Run;
  const module = { exports: {} };
  run(module, module.exports, createRequire(file), dirname(file));
  return module.exports as Package;
}

async function main(): Promise<void> {
  const warnings: string[] = [];
  process.on("warning", ({ name, message }) => warnings.push(`${name}: ${message}`));
  const { Client } = load();
  const client = new Client({ sdkAppID: 1400000001, serverUrl: url, allowPlain: true });
  const thrower = () => {
    throw new Error("mine");
  };
  client.on("connecting", thrower).on("connectSuccess", thrower);
  await client.login("alice", ticket);
  await client.logout();
  await new Promise((resolve) => setImmediate(resolve));
  warnings.forEach((warning) => console.log(warning));
  console.log("logged out");
  client.close();
}

void main();
