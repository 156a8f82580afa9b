/** Programs in the host for Linux, and what they print. */

import { spawn } from "node:child_process";
import { join } from "node:path";

/** Whether counts that take long are played whole. */
export const isFull = process.env["TESSERA_FULL"] === "1";

/** How a program ended, and the lines that it printed. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  lines: readonly string[];
  stderr: string;
}

/** Runs a program of this folder in the host; `onLine` gets what it prints, and may act on it. */
export function runInHost(
  name: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[] = [],
  onLine: (line: string) => unknown = () => {},
): Promise<Ended> {
  const script = join(__dirname, "programs", `${name}.js`);
  return new Promise((resolve, reject) => {
    const command = [process.env["TESSERA_HOST_PACKAGES"]!, script, ...args];
    const timeout = isFull ? 600_000 : 120_000;
    const child = spawn(process.env["TESSERA_HOST"]!, command, { env: { ...process.env, ...env }, timeout });
    const lines: string[] = [];
    let rest = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      for (const line of parts) {
        lines.push(line);
        onLine(line);
      }
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, lines, stderr }));
  });
}
