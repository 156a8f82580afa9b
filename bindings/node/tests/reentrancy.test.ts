/** Every call from inside every callback: none hangs, none runs a callback inside itself, and the client works after. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { configure, LogLevelEnum, TencentImSDKPlugin, type V2TimSDKListener } from "tessera-im";
import { type Gateway, type Network, withGateway } from "tessera-im/testkit";

const manager = TencentImSDKPlugin.v2TIMManager;

/** What brings each callback about. */
const CALLBACKS: Record<string, (gateway: Gateway) => Promise<unknown>> = {
  onConnecting: async () => {},
  onConnectSuccess: async () => {},
  onConnectFailed: async (gateway) => (await gateway.network("phone")).down(),
  onKickedOffline: (gateway) => gateway.kick("alice"),
  onKickedOfflineEx: (gateway) => gateway.kick("alice"),
  onUserSigExpired: (gateway) => gateway.expireNow("alice"),
  result: async () => {},
  // Past a tenth of the ticket's life.
  provider: (gateway) => gateway.moveClock(400_000),
};

/** What is done inside. */
const CALLS: Record<string, (gateway: Gateway, listener: V2TimSDKListener) => unknown> = {
  initSDK: (gateway) => manager.initSDK(gateway.sdkAppID),
  unInitSDK: () => manager.unInitSDK(),
  "unInitSDK and initSDK": (gateway) => {
    void manager.unInitSDK();
    return manager.initSDK(gateway.sdkAppID);
  },
  login: (gateway) => manager.login("bob", gateway.sign("bob")),
  logout: () => manager.logout(),
  "login and logout": (gateway) => {
    void manager.login("bob", gateway.sign("bob"));
    return manager.logout();
  },
  getters: async () => {
    assert.equal((await manager.getLoginStatus()).data, manager.status);
    assert.equal((await manager.getLoginUser()).data, manager.loginUser);
    return [manager.connectionStatus, await manager.getServerTime()];
  },
  "adding a listener": () => manager.addIMSDKListener({ onConnecting: () => {} }),
  "removing itself": (_, listener) => manager.removeIMSDKListener(listener),
  setTicketProvider: () => manager.setTicketProvider(null),
  notifyNetworkAvailable: () => manager.notifyNetworkAvailable(),
};

for (const [callback, bringAbout] of Object.entries(CALLBACKS)) {
  test(`every call from inside ${callback}`, { timeout: 60_000 }, withGateway(async (gateway) => {
    for (const [name, call] of Object.entries(CALLS)) {
      await inside(gateway, callback, bringAbout, call).catch((error: unknown) => {
        throw new Error(`${name} inside ${callback}`, { cause: error });
      });
    }
  }));
}

async function inside(
  gateway: Gateway,
  callback: string,
  bringAbout: (gateway: Gateway) => Promise<unknown>,
  call: (gateway: Gateway, listener: V2TimSDKListener) => unknown,
): Promise<void> {
  const network = await gateway.network("phone");
  let isCalling = false;
  let wasInside = false;
  let begun: Promise<unknown> | undefined;
  const done = new Promise<void>((resolve, reject) => {
    let isFirst = true;
    const act = () => {
      wasInside ||= isCalling;
      if (isFirst) {
        isFirst = false;
        // It may be down, so that connecting fails, and what is called in here needs it.
        network.restore();
        isCalling = true;
        const returned = call(gateway, listener);
        isCalling = false;
        Promise.resolve(returned).then(() => resolve(), reject);
      }
    };
    const listener: V2TimSDKListener = { [callback]: act };
    begun = begin(gateway, network, callback, listener, act).then(() => bringAbout(gateway));
    begun.catch(reject);
  });
  await done;
  await begun;
  assert.equal(wasInside, false, "a callback ran inside a call");
  // Whatever was done, the manager works.
  await manager.unInitSDK();
  await manager.initSDK(gateway.sdkAppID);
  assert.equal((await manager.login("carol", gateway.sign("carol"))).code, 0);
  assert.equal(manager.loginUser, "carol");
  await manager.unInitSDK();
}

async function begin(
  gateway: Gateway,
  network: Network,
  callback: string,
  listener: V2TimSDKListener,
  act: () => void,
): Promise<void> {
  configure({
    ...network.settings,
    reconnectDelayMinMs: 10,
    reconnectDelayMaxMs: 20,
    ticketRenewPercent: 10,
    ticketRenewJitterPercent: 0,
    ticketRequestIntervalMs: 10,
  });
  await manager.initSDK(gateway.sdkAppID, LogLevelEnum.V2TIM_LOG_NONE, listener);
  if (callback === "provider") {
    manager.setTicketProvider(async (user) => {
      act();
      return gateway.sign(user);
    });
  }
  // So that a kick of the round before does not concern the ticket.
  await gateway.moveClock(2000);
  const login = manager.login("alice", gateway.sign("alice", { expireSeconds: 3600 }));
  if (callback === "result") {
    void login.then(act);
  } else if (callback !== "onConnecting" && callback !== "onConnectSuccess") {
    await login;
  }
}
