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
declare function setTimeout(callback: () => void, delay: number): void;

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

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Collects garbage until several looks in a row have brought nothing less, or for 5 s, and returns the least of each
 * number: what has ended goes by and by, and after a collection what the library had for it.
 */
export async function settled(look: () => number[]): Promise<number[]> {
  const deadline = host.now() + 5_000;
  let least = look();
  for (let quiet = 0; quiet < 3 && host.now() < deadline; ) {
    host.collectGarbage();
    await pause(50);
    const now = look();
    quiet = now.some((number, at) => number < least[at]!) ? 0 : quiet + 1;
    least = least.map((number, at) => Math.min(number, now[at]!));
  }
  return least;
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
