/**
 * The last days of PostgreSQL's major versions, from https://www.postgresql.org/support/versioning/ as of August 2026.
 * The community fixes each major for five years.
 */
const finalReleases: Record<number, string> = {
  10: '2022-11-10',
  11: '2023-11-09',
  12: '2024-11-21',
  13: '2025-11-13',
  14: '2026-11-12',
  15: '2027-11-11',
  16: '2028-11-09',
  17: '2029-11-08',
  18: '2030-11-14',
};

/** Majors that a new instance may have. */
export const supportedMajors: readonly number[] = [15, 16, 17, 18];

/** The day of a major's last release; `undefined` for one that this table doesn't know. */
export function endOfLifeOf(major: number): string | undefined {
  return finalReleases[major];
}

/** Whether a new instance may have this major. */
export function isSupportedMajor(major: number): boolean {
  return supportedMajors.includes(major);
}
