/** The generated tables of TypeScript against those of Rust: count, names, numbers. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import * as tessera from "tessera-im";
import { CODES } from "../../typescript/src/generated/codes";
import { SETTINGS } from "../../typescript/src/generated/settings";
import { PLATFORMS } from "../../typescript/src/generated/status";

const { ConnectionStatus, ErrorCode, LoginStatus, LogLevelEnum, SDK_VERSION } = tessera;

const PACKAGE = dirname(require.resolve("tessera-im/package.json"));

interface Tables {
  codes: [number, string, string, boolean, boolean, string][];
  loginStatus: Record<string, number>;
  connectionStatus: Record<string, number>;
  logLevels: Record<string, number>;
  platforms: string[];
  settings: [string, string, string][];
  version: string;
}

const { internals } = tessera as unknown as { internals: { binary: { tables(): string } } };
const rust = JSON.parse(internals.binary.tables()) as Tables;

/** The members of an enum, as camel-case names would be spelt in the tables. */
function members(enumeration: Record<string, string | number>): Record<string, number> {
  const named = Object.entries(enumeration).filter(([, value]) => typeof value === "number") as [string, number][];
  return Object.fromEntries(named.map(([name, value]) => [name.replace(/(?<!^)([A-Z])/g, "_$1").toLowerCase(), value]));
}

test("error codes", () => {
  assert.deepEqual(CODES, rust.codes);
  assert.deepEqual(Object.entries(ErrorCode), rust.codes.map(([number, name]) => [name, number]));
});

test("login status, connection status, log levels and platforms", () => {
  // C2: three states; logging out is reported as logged out.
  const { logging_out: loggingOut, ...states } = rust.loginStatus;
  assert.deepEqual(members(LoginStatus), states);
  assert.equal(loggingOut, LoginStatus.LoggedOut);
  assert.deepEqual(members(ConnectionStatus), rust.connectionStatus);
  const levels = Object.fromEntries(Object.entries(rust.logLevels).map(([name, n]) => [`V2TIM_LOG_${name.toUpperCase()}`, n]));
  assert.deepEqual(Object.fromEntries(Object.keys(levels).map((name) => [name, LogLevelEnum[name as never]])), levels);
  assert.deepEqual(PLATFORMS, rust.platforms);
});

test("settings", () => {
  assert.deepEqual(SETTINGS.map(({ name, property, env }) => [name, property, env]), rust.settings);
});

test("the version of the package is that of the SDK", () => {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as { version: string };
  assert.deepEqual([version, SDK_VERSION], [rust.version, rust.version]);
});
