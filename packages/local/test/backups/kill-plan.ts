/** What is killed when, by a seed: the same seed plans the same kills and the same moments, though not what they meet. */

export const TARGETS = ['plane', 'storage', 'server', 'worker'] as const;
export type Target = (typeof TARGETS)[number];

export interface Kill {
  target: Target;
  /** After the one before (ms). */
  afterMs: number;
}

/** Numbers from 0 up to 1, the same for the same seed (Mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function planKills(random: () => number, count: number, longestMs: number): Kill[] {
  return Array.from({ length: count }, () => ({
    target: TARGETS[Math.floor(random() * TARGETS.length)]!,
    afterMs: Math.floor(random() * longestMs),
  }));
}
