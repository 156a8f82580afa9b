/**
 * What the conformance drivers of Node and React Native have in common (docs/drivers.md): commands come as lines, replies
 * and events go as lines, and V2TIM's names are in between. It uses the public API alone and knows no scenario.
 */

import { configure, TencentImSDKPlugin, type V2TimCallback, type V2TimSDKListener } from "tessera-im";

interface Act {
  do: string;
  app?: number;
  settings?: Record<string, string>;
  user?: string;
  ticket?: string;
  call?: string;
  name?: string;
  throws?: boolean;
  event?: string;
  then?: Act;
  answers?: Answer[];
}

type Answer = { ticket: string } | { error: string } | "hang";

interface Line {
  event: string;
  listener?: string;
  call?: string;
  code?: number;
  desc?: string;
  reason?: string;
  platform?: string;
  retryable?: boolean;
}

const manager = TencentImSDKPlugin.v2TIMManager;
/** True while a command's call has not returned. */
let isInCall = false;
/** Rises with each reset: what was called before says nothing any more. */
let life = 0;
let hooks: { event: string; then: Act }[] = [];
let answers: Answer[] = [];
const listeners = new Map<string, V2TimSDKListener>();

let print: (line: string) => void = () => {};

/** What was said so far: a line goes when those before have gone. */
let said: Promise<void> = Promise.resolve();

/** Says it with the state of now, which V2TIM's getters give by promises. */
function say(line: object): void {
  const now = state();
  said = said.then(async () => print(JSON.stringify({ ...line, ...(await now) })));
}

async function state(): Promise<object> {
  const connection = manager.connectionStatus;
  const [{ data: status }, { data: user }] = await Promise.all([manager.getLoginStatus(), manager.getLoginUser()]);
  return { status, user, connection };
}

/** Reports a callback, and then does what its hook says. */
function report(line: Line): void {
  const isMain = line.listener === undefined || line.listener === "main";
  const inside = isInCall && isMain && line.event !== "result" ? { inside_call: true } : {};
  say({ ...line, ...inside });
  const at = isMain ? hooks.findIndex((hook) => hook.event === line.event) : -1;
  if (at >= 0) {
    const [hook] = hooks.splice(at, 1);
    void act(hook!.then);
  }
}

function reportResult(call: string, result: Promise<V2TimCallback>): void {
  const begunIn = life;
  void result.then(({ code, desc, error }) => {
    if (begunIn === life) {
      report({ event: "result", call, ...(error && { code, desc, retryable: error.retryable }) });
    }
  });
}

/** The listener of that name: always the same object. */
function listenerOf(name: string, throws: boolean): V2TimSDKListener {
  const told = (line: Line) => {
    report({ ...line, listener: name });
    if (throws) {
      throw new Error("this listener always throws");
    }
  };
  const known = listeners.get(name);
  const listener: V2TimSDKListener = known ?? {
    onConnecting: () => told({ event: "connecting" }),
    onConnectSuccess: () => told({ event: "connect_success" }),
    onConnectFailed: (code, desc) => told({ event: "connect_failed", code, desc }),
    onKickedOffline: () => told({ event: "onKickedOffline beside onKickedOfflineEx" }),
    onKickedOfflineEx: ({ reason, platform, code }) =>
      told({ event: "kicked_offline", reason, ...(platform ? { platform } : {}), ...(code ? { code } : {}) }),
    onUserSigExpired: () => told({ event: "user_sig_expired" }),
  };
  listeners.set(name, listener);
  return listener;
}

async function provide(): Promise<string> {
  const answer = answers.shift();
  report({ event: "ticket_request" });
  if (answer === "hang") {
    return new Promise(() => {});
  }
  if (answer && "ticket" in answer) {
    return answer.ticket;
  }
  throw new Error(answer?.error ?? "no more tickets");
}

/** Does what a command or a hook says. What it returns is awaited by commands alone. */
async function act(act: Act): Promise<{ ok: boolean; code?: number }> {
  switch (act.do) {
    case "init": {
      configure({ ...nothing, ...propertiesOf(act.settings ?? {}) });
      manager.addIMSDKListener(listenerOf("main", false));
      const { data, code } = await manager.initSDK(act.app ?? 0);
      return data === true ? { ok: true } : { ok: false, code };
    }
    case "un_init":
      await manager.unInitSDK();
      break;
    case "login":
      reportResult(act.call ?? "", manager.login(act.user ?? "", act.ticket ?? ""));
      break;
    case "logout":
      reportResult(act.call ?? "", manager.logout());
      break;
    case "hint":
      manager.notifyNetworkAvailable();
      break;
    case "provider":
      answers = act.answers ?? [];
      manager.setTicketProvider(provide);
      break;
    case "add_listener":
      manager.addIMSDKListener(listenerOf(act.name ?? "", act.throws ?? false));
      break;
    case "remove_listener": {
      const listener = listeners.get(act.name ?? "");
      if (listener) {
        manager.removeIMSDKListener(listener);
        listeners.delete(act.name ?? "");
      }
      break;
    }
    case "when":
      hooks.push({ event: act.event ?? "", then: act.then! });
      break;
    case "state":
      break;
    case "reset":
      life += 1;
      hooks = [];
      await manager.unInitSDK();
      answers = [];
      listeners.clear();
      break;
    default:
      throw new Error(`there is no command ${act.do}`);
  }
  return { ok: true };
}

/** `configure` adds to what it was given before: what an earlier scenario gave is taken back with these. */
const nothing: Record<string, undefined> = {};

/** `login_timeout_ms` is the property `loginTimeoutMs`. */
function propertiesOf(settings: Record<string, string>): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const [name, value] of Object.entries(settings)) {
    const property = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    properties[property] = value;
    nothing[property] = undefined;
  }
  return properties;
}

/** Says hello; lines go through `write`, whole. */
export function begin(driver: "node" | "react_native", write: (line: string) => void): void {
  print = write;
  print(JSON.stringify({ driver, numbering: driver, blocking: false }));
}

/** Does what a line says, and replies. */
export async function obey(line: string): Promise<void> {
  const { id, ...command } = JSON.parse(line) as Act & { id: number };
  isInCall = true;
  const done = act(command);
  isInCall = false;
  say({ reply: id, ...(await done) });
}
