/** The documentation's snippets, one after the other: modules with `await`, which the host alone cannot run. */

import { given, host, run } from "./host";

declare const global: {
  System: { register(names: string[], declare: Declare): void };
  process: { env: object };
};
declare function require(name: string): object;
type Declare = (
  give: (name: string | object, value?: unknown) => void,
  context: object,
) => { setters: ((module: object) => void)[]; execute: () => Promise<void> | void };

global.process = { env: new Proxy({}, { get: (_, name) => host.environment(String(name)) ?? undefined }) };

/** Runs a module in SystemJS's form and gives its exports. */
async function snippet(name: string): Promise<Record<string, unknown>> {
  const file = `${given("SNIPPETS")}/${name}.js`;
  const exported: Record<string, unknown> = {};
  const registered: [string[], Declare][] = [];
  global.System = { register: (names, declare) => void registered.push([names, declare]) };
  host.evaluate(host.readFile(file), file);
  const [names, declare] = registered[0]!;
  const give = (key: string | object, value?: unknown) => {
    Object.assign(exported, typeof key === "string" ? { [key]: value } : key);
  };
  const { setters, execute } = declare(give, {});
  names.forEach((name, at) => setters[at]!(require(name)));
  await execute();
  return exported;
}

run(async () => {
  for (const name of ["init", "login", "get_login_user", "get_login_status", "logout"]) {
    host.print(`${name} ${JSON.stringify(await snippet(name))}`);
  }
});
