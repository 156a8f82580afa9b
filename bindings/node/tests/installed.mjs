/** Run from a folder in which the package was installed as users install it: both ways of importing, and its parts. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import * as tessera from "tessera-im";
import * as testkit from "tessera-im/testkit";

const require = createRequire(import.meta.url);
const folder = dirname(require.resolve("tessera-im/package.json"));

test("import and require give the same things", () => {
  for (const [name, imported] of [["tessera-im", tessera], ["tessera-im/testkit", testkit]]) {
    const required = require(name);
    // What an import of CommonJS has beside the exports.
    const extra = ["default", "module.exports", "__esModule"];
    const names = Object.keys(imported).filter((key) => !extra.includes(key));
    assert.deepEqual(names.sort(), Object.keys(required).sort());
    names.forEach((key) => assert.equal(imported[key], required[key]));
  }
  // The one manager is one, whichever way it was reached.
  assert.equal(tessera.TencentImSDKPlugin.v2TIMManager, require("tessera-im").TencentImSDKPlugin.v2TIMManager);
});

test("the package has what it has to have, and no more", () => {
  const manifest = require("tessera-im/package.json");
  assert.deepEqual(manifest.dependencies ?? {}, {});
  assert.equal(manifest.peerDependenciesMeta["react-native"].optional, true);
  for (const file of ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY-NOTICES.md", "docs/error-codes.md"]) {
    assert.ok(existsSync(join(folder, file)), file);
  }
  for (const file of ["node_modules", "package-lock.json", "lib/node/tests"]) {
    assert.ok(!existsSync(join(folder, file)), file);
  }
  // React Native's own tools read these.
  assert.deepEqual(readdirSync(join(folder, "bindings")), ["react-native"]);
  assert.deepEqual(readdirSync(join(folder, "bindings/react-native")).sort(), ["android", "cpp", "ios", "package.json", "ts"]);
  for (const file of ["react-native.config.js", "tessera-im.podspec"]) {
    assert.ok(existsSync(join(folder, file)), file);
  }
  assert.ok(existsSync(join(folder, manifest.codegenConfig.jsSrcsDir)), "codegenConfig");
});

test("everything that the manifest exports is there", () => {
  const files = (entry) => (typeof entry === "string" ? [entry] : Object.values(entry).flatMap(files));
  const { exports, main, types } = require("tessera-im/package.json");
  for (const file of [...files(exports), main, types]) {
    assert.ok(existsSync(join(folder, file)), file);
  }
});

/** Compiles a program beside the package as a user would, and returns what the compiler says. */
function compile(name, text, ...options) {
  const file = join("compiled", name);
  mkdirSync("compiled", { recursive: true });
  writeFileSync(file, text);
  const compiler = require.resolve("typescript/bin/tsc");
  const usual = ["--noEmit", "--strict", "--target", "ES2022", "--types", "node"];
  return spawnSync(process.execPath, [compiler, ...usual, ...options, file], { encoding: "utf8" }).stdout;
}

test("the types are found however modules are resolved", () => {
  const program = 'import { Client } from "tessera-im";\nimport { Gateway } from "tessera-im/testkit";\nvoid [Client, Gateway];\n';
  for (const [module, resolution] of [["commonjs", "node10"], ["Node16", "Node16"], ["ESNext", "Bundler"]]) {
    assert.equal(compile("resolved.ts", program, "--module", module, "--moduleResolution", resolution), "", resolution);
  }
});

test("what the documentation shows compiles", () => {
  const given = `
    import type { ClientOptions } from "tessera-im";
    declare const userSig: string;
    declare const options: ClientOptions;
    declare function fetchTicket(userID: string): Promise<string>;
  `;
  for (const page of ["README.md", "docs/node.md"]) {
    const blocks = readFileSync(join(folder, page), "utf8").matchAll(/```ts\n([^]*?)```/g);
    for (const [at, [, block]] of [...blocks].entries()) {
      const program = block.includes("new Client(options)") ? `import { Client } from "tessera-im";${given}` : given;
      assert.equal(compile("page.mts", program + block, "--module", "Node16"), "", `${page}, block ${at + 1}`);
    }
  }
});
