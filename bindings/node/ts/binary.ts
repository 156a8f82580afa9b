/** Finds the prebuilt module of this platform in the package and loads it. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Where the package has its modules: a folder for each platform, such as `linux-x64-gnu`. */
const PREBUILDS = join(__dirname, "..", "..", "..", "prebuilds");
const FILE = "tessera-im.node";

/** The package has no module that this platform can load. */
export class PlatformError extends Error {
  override readonly name = "PlatformError";
  readonly code = "ERR_TESSERA_PLATFORM";
}

/** Loads the module. A Linux may have one of two C libraries, and only loading tells which. */
export function loadBinary(): unknown {
  const platform = `${process.platform}-${process.arch}`;
  const causes: unknown[] = [];
  for (const name of [platform, `${platform}-gnu`, `${platform}-musl`]) {
    const file = join(PREBUILDS, name, FILE);
    if (existsSync(file)) {
      try {
        return require(file);
      } catch (cause) {
        causes.push(cause);
      }
    }
  }
  throw new PlatformError(explain(platform, causes), { cause: causes[0] });
}

function explain(platform: string, causes: readonly unknown[]): string {
  const there = existsSync(PREBUILDS) ? readdirSync(PREBUILDS).sort() : [];
  const has = there.length > 0 ? there.join(", ") : "nothing: the folder `prebuilds` is missing";
  const why = causes.map((cause) => `; it was refused: ${cause instanceof Error ? cause.message : String(cause)}`);
  return (
    `tessera-im has no native module for ${platform} with Node ${process.version}${why.join("")}. ` +
    `This package has ${has}. docs/node.md tells how to build one.`
  );
}
