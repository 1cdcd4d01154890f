/** Which claim wants which secret: so that a claim hears when the name that it waits for becomes free. For watches only. */

export class WantedSecrets {
  readonly #byClaim = new Map<string, string>();

  /** `secret` is `namespace/name`; absent: the claim wants none, or is gone. */
  set(claim: string, secret: string | undefined): void {
    if (secret === undefined) this.#byClaim.delete(claim);
    else this.#byClaim.set(claim, secret);
  }

  by(secret: string): string[] {
    return [...this.#byClaim].filter(([, wanted]) => wanted === secret).map(([claim]) => claim);
  }
}
