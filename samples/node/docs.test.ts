// The documentation's snippets, one after the other. Where the gateway is, they learn from the environment alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withGateway } from "tessera-im/testkit";

test("the documentation's snippets run as they stand", withGateway(async (gateway) => {
  Object.assign(process.env, await gateway.environment("app"));
  process.env["SDK_APP_ID"] = String(gateway.sdkAppID);
  process.env["USER_ID"] = "alice";
  process.env["USER_SIG"] = gateway.sign("alice");
  assert.equal((await import("./docs/init.js")).isInitialised, true);
  assert.equal((await import("./docs/login.js")).isLoggedIn, true);
  assert.equal((await import("./docs/get_login_user.js")).userID, "alice");
  assert.equal((await import("./docs/get_login_status.js")).told, "logged in");
  assert.equal((await gateway.sessions("alice")).length, 1);
  assert.equal((await import("./docs/logout.js")).isLoggedOut, true);
  await gateway.waitForSessions("alice", 0);
}));
