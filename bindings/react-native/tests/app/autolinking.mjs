// Run in the installed sample app: what React Native's tools find of the package, and that the same package runs in Node.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const text = execFileSync("npx", ["react-native", "config"], { encoding: "utf8", maxBuffer: 64 << 20 });
const { platforms } = JSON.parse(text).dependencies["tessera-im"];
assert.match(platforms.android.sourceDir, /tessera-im\/bindings\/react-native\/android$/);
assert.equal(platforms.android.packageInstance, "new TesseraImPackage()");
assert.match(platforms.ios.podspecPath, /tessera-im\.podspec$/);
assert.ok(existsSync(platforms.ios.podspecPath));

// React Native's generator has read the module's specification.
const generated = readdirSync("built/codegen", { recursive: true }).filter((name) => /TesseraImSpec\.h$/.test(name));
assert.ok(generated.length > 0, "no TesseraImSpec.h");
const header = readFileSync(join("built/codegen", generated[0]), "utf8");
assert.match(header, /manifest/);
assert.match(header, /@interface NativeTesseraImSpecBase/);

// React Native's plugin for Gradle reads the package.json above the module, and else the app's; then it calls these.
const { codegenConfig: config } = JSON.parse(readFileSync(join(platforms.android.sourceDir, "../package.json"), "utf8"));
const run = (script, ...rest) => execFileSync("node", [join("node_modules", script), ...rest], { encoding: "utf8" });
const schema = "built/schema.json";
const sources = join(platforms.android.sourceDir, "..", config.jsSrcsDir);
run("@react-native/codegen/lib/cli/combine/combine-js-to-schema-cli.js", "--platform", "android", schema, sources);
const names = ["--libraryName", config.name, "--javaPackageName", config.android.javaPackageName];
const to = ["--schemaPath", schema, "--outputDir", "built/android"];
run("react-native/scripts/generate-specs-cli.js", "--platform", "android", ...to, ...names);
const spec = readFileSync("built/android/java/io/tessera/reactnative/NativeTesseraImSpec.java", "utf8");
assert.match(spec, /^package io\.tessera\.reactnative;$/m);
assert.match(spec, /emitOnNetworkAvailable\(\)/);
// The module's C++ is linked into the app by this name.
assert.equal(platforms.android.libraryName, config.name);
assert.ok(readdirSync("built/android/jni").includes("CMakeLists.txt"));

// Metro has put React Native's part into the bundle, and not Node's.
const bundle = readFileSync("built/index.bundle", "utf8");
assert.ok(bundle.includes("TesseraIm") && !bundle.includes("tessera-im.node"));

const imported = await import("tessera-im");
const required = createRequire(import.meta.url)("tessera-im");
assert.equal(imported.TencentImSDKPlugin, required.TencentImSDKPlugin);
assert.equal((await required.TencentImSDKPlugin.v2TIMManager.getVersion()).code, 0);
console.log("autolinking, code generation, bundle and Node: ok");
