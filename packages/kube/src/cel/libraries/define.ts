/** Registers functions with the CEL library in one breath: signature to implementation. */
import type { Environment } from '@marcbachmann/cel-js';

/** The library has checked the arguments' types before it calls. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each implementation names the types that its signature promises
export type Implementation = (...args: any[]) => unknown;

export function define(environment: Environment, functions: Record<string, Implementation>): void {
  for (const [signature, implementation] of Object.entries(functions)) {
    environment.registerFunction(signature, implementation, { async: false });
  }
}
