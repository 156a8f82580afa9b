// A small service that keeps one user logged in: `SDK_APP_ID`, `USER_ID` and `USER_SIG` say whom, `TESSERA_SERVER_URL`
// where. It logs in, tells what happens, and logs out when it is interrupted.

import { Client, TesseraError } from "tessera-im";

const { SDK_APP_ID, USER_ID, USER_SIG } = process.env;
if (!SDK_APP_ID || !USER_ID || !USER_SIG) {
  console.error("set SDK_APP_ID, USER_ID, USER_SIG and TESSERA_SERVER_URL");
  process.exit(2);
}

// Without `ref` nothing but a call that waits would keep the process alive.
const client = new Client({ sdkAppID: Number(SDK_APP_ID) }).ref();
client.on("connectFailed", (error) => console.log(`no connection, will try again: ${error.desc}`));
client.on("connectSuccess", () => console.log("connected"));

process.once("SIGINT", () => {
  void client.logout().finally(() => client.close());
});

try {
  await client.login(USER_ID, USER_SIG);
  console.log(`${client.loginUser} is logged in`);
} catch (error) {
  console.error(error instanceof TesseraError && error.needsNewTicket ? "get a new ticket" : error);
  client.close();
}

for await (const event of client.events()) {
  if (event.type === "kickedOffline") {
    console.log(`kicked: ${event.kick.reason}`);
    client.close();
  } else if (event.type === "userSigExpired") {
    console.log("the ticket has expired");
    client.close();
  }
}
