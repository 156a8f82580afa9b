/** A process that has a client in some state, and is to end in some way: `exit.js <url> <ticket> <state> <way>`. */

import { Client, LogLevelEnum, setLogListener, TencentImSDKPlugin, configure } from "tessera-im";

const [url, ticket, state, way] = process.argv.slice(2) as [string, string, string, string];
const sdkAppID = 1400000001;
const settings = { serverUrl: url, allowPlain: true };

const manager = TencentImSDKPlugin.v2TIMManager;

async function main(): Promise<void> {
  setLogListener(() => {});
  configure({ ...settings, deviceId: "0123456789abcdef0123456789abcdef" });
  await manager.initSDK(sdkAppID, LogLevelEnum.V2TIM_LOG_DEBUG, {
    onKickedOffline: () => {},
    onConnectSuccess: () => {
      if (way === "in a callback") {
        process.exit(0);
      }
    },
  });
  const client = new Client({ sdkAppID, ...settings });
  client.on("kickedOffline", () => {});
  client.setTicketProvider(() => new Promise(() => {}));
  void client.events().next();
  switch (state) {
    case "initialised":
      break;
    case "logging in":
      void manager.login("alice", ticket);
      client.login("alice", ticket).catch(() => {});
      break;
    case "logged in":
      await manager.login("alice", ticket);
      await client.login("alice", ticket);
      break;
  }
  console.log(`${state}: status ${manager.status}, ${client.status}`);
  switch (way) {
    case "by itself":
    case "in a callback":
      break;
    case "process.exit":
      process.exit(0);
    case "an exception":
      setImmediate(() => {
        throw new Error("nobody catches this");
      });
      break;
    case "a signal":
      process.kill(process.pid, "SIGTERM");
      break;
    case "unInit":
      void manager.unInitSDK();
      client.close();
      break;
  }
}

void main();
