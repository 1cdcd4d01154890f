/**
 * Which claim has to do with which secrets: the one that it writes, whose name it may be waiting for, and its composite's, which it copies.
 * For watches only.
 */
export class WantedSecrets {
  readonly #byClaim = new Map<string, readonly string[]>();

  /** `secrets` are `namespace/name`; none: the claim wants none, or is gone. */
  set(claim: string, secrets: readonly string[]): void {
    if (secrets.length === 0) this.#byClaim.delete(claim);
    else this.#byClaim.set(claim, secrets);
  }

  by(secret: string): string[] {
    return [...this.#byClaim].filter(([, wanted]) => wanted.includes(secret)).map(([claim]) => claim);
  }
}
