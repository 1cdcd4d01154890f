/** Waiting for something to become true, with a deadline that says what was waited for and where to look. */
export interface UntilOptions {
  seconds: number;
  /** A file or command that tells more. */
  look?: string;
}

/** Asks `look` until it says yes. @throws Error at the deadline, or when `holds` throws */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  options: UntilOptions,
): Promise<void> {
  const end = Date.now() + options.seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) {
      const look = options.look ? `; see ${options.look}` : '';
      throw new Error(`cannot wait any longer for ${what}: not there within ${options.seconds} s${look}`);
    }
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}
