/** What the host gives to programs. */

export interface Host {
  readonly life: number;
  readonly arguments: readonly string[];
  print(line: string): void;
  exit(code?: number): void;
  /** Ends this runtime and makes the next one; the other way round if they overlap. */
  reload(overlaps?: boolean): void;
  now(): number;
  environment(name: string): string | null;
  readFile(path: string): string;
  evaluate(text: string, name: string): unknown;
  collectGarbage(): void;
  allocated(): number;
  nothing(): number;
  post(callback: () => void): void;
}

declare const global: { host: Host };

export const host = global.host;

/** A variable of the environment that has to be there. */
export function given(name: string): string {
  const value = host.environment(name);
  if (value === null) {
    throw new Error(`${name} is not set`);
  }
  return value;
}

/** Runs a program to its end; one that fails says so and exits with 1. */
export function run(program: () => Promise<unknown>): void {
  program().then(
    () => host.exit(0),
    (error: unknown) => {
      host.print(`failed: ${String(error)} ${(error as Error).stack ?? ""}`);
      host.exit(1);
    },
  );
}

/** How much memory is allocated, in kilobytes. What the collector has for JavaScript's objects is not in it. */
export function allocated(): number {
  return Math.round(host.allocated() / 1024);
}

/** A number of the process's status, such as `Threads`. */
export function statusOf(name: string): number {
  const text = host.readFile("/proc/self/status");
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)![1]);
}
