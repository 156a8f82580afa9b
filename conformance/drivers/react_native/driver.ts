/** The conformance driver of React Native, in the host for Linux: the common part on standard input and output. */

import { begin, obey } from "../typescript/driver";

declare const host: {
  onLine?: (line: string | null) => void;
  print(line: string): void;
  exit(): void;
};
declare const console: { warn: () => void };

// A listener that throws is part of the suite; its warning is not news.
console.warn = () => {};
let obeyed = Promise.resolve();
host.onLine = (line) => {
  obeyed = line === null ? obeyed.then(() => host.exit()) : obeyed.then(() => obey(line));
};
begin("react_native", host.print);
