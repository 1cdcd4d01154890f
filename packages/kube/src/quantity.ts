/**
 * Kubernetes' quantities (`1Gi`, `500m`, `2e3`), exact. Amounts finer than a billionth are rounded up, away from zero, as Kubernetes does.
 */

const nanosPerUnit = 1_000_000_000n;
/** A quantity longer than this is an attack on the arithmetic, not a size. */
const maxTextLength = 300;
const maxExponent = 300;
const maxBinaryNanos = (2n ** 63n - 1n) * nanosPerUnit;

const decimalExponents: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binaryExponents: Record<string, bigint> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };
const decimalSuffixes = new Map(Object.entries(decimalExponents).map(([suffix, exponent]) => [exponent, suffix]));

type Format = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** An exact amount; immutable. */
export class Quantity {
  readonly #nanos: bigint;
  readonly #format: Format;

  constructor(nanos: bigint, format: Format = 'DecimalSI') {
    this.#nanos = nanos;
    this.#format = format;
  }

  /** Negative, zero or positive, as this is less than, equal to or greater than `other`. */
  compare(other: Quantity): number {
    return this.#nanos < other.#nanos ? -1 : this.#nanos > other.#nanos ? 1 : 0;
  }

  equals(other: Quantity): boolean {
    return this.#nanos === other.#nanos;
  }

  isZero(): boolean {
    return this.#nanos === 0n;
  }

  sign(): number {
    return this.#nanos < 0n ? -1 : this.#nanos > 0n ? 1 : 0;
  }

  add(other: Quantity): Quantity {
    return new Quantity(this.#nanos + other.#nanos, this.isZero() ? other.#format : this.#format);
  }

  subtract(other: Quantity): Quantity {
    return new Quantity(this.#nanos - other.#nanos, this.isZero() ? other.#format : this.#format);
  }

  /** Whole units, rounded up; exact to 2^53. */
  bytes(): number {
    return Number(roundedUp(this.#nanos, nanosPerUnit));
  }

  /** Thousandths, rounded up: `250` for `250m` of a processor. */
  millis(): number {
    return Number(roundedUp(this.#nanos, 1_000_000n));
  }

  /** The amount as a float; near, not exact. */
  toNumber(): number {
    return Number(this.#nanos) / 1e9;
  }

  /** The amount as a whole number, or `undefined` when it isn't one. */
  toInteger(): bigint | undefined {
    return this.#nanos % nanosPerUnit === 0n ? this.#nanos / nanosPerUnit : undefined;
  }

  /** The canonical text: the largest suffix that needs no fraction. */
  format(): string {
    if (this.#nanos === 0n) return '0';
    const whole = this.toInteger();
    const small = this.#nanos < 1024n * nanosPerUnit && this.#nanos > -1024n * nanosPerUnit;
    if (this.#format === 'BinarySI' && whole !== undefined && !small) return formatBinary(whole);
    return formatDecimal(this.#nanos, this.#format);
  }

  toString(): string {
    return this.format();
  }
}

/**
 * The quantity that `text` writes.
 * @throws RangeError with Kubernetes' text when it is none
 */
export function parseQuantity(text: string): Quantity {
  if (text.length > maxTextLength) throw new RangeError('unable to parse numeric part of quantity');
  const found = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/.exec(text);
  if (text === '' || !found) {
    throw new RangeError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
  const [, sign = '', whole = '', fraction = '', suffix = ''] = found;
  if (whole === '' && fraction === '') throw new RangeError('unable to parse numeric part of quantity');
  const amount = interpret(BigInt(whole + fraction), fraction.length, suffix);
  if (amount === undefined) throw new RangeError("unable to parse quantity's suffix");
  return new Quantity(sign === '-' ? -amount.nanos : amount.nanos, amount.format);
}

/** Whether `text` is a quantity. */
export function isQuantity(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}

function interpret(digits: bigint, places: number, suffix: string): { nanos: bigint; format: Format } | undefined {
  const power = binaryExponents[suffix];
  if (power !== undefined) {
    const nanos = roundedUp((digits * nanosPerUnit) << power, 10n ** BigInt(places));
    return { nanos: nanos > maxBinaryNanos ? maxBinaryNanos : nanos, format: 'BinarySI' };
  }
  const exponent = decimalExponents[suffix] ?? exponentOf(suffix);
  if (exponent === undefined) return undefined;
  const format = suffix in decimalExponents ? 'DecimalSI' : 'DecimalExponent';
  const shift = exponent + 9 - places;
  return { nanos: shift >= 0 ? digits * 10n ** BigInt(shift) : roundedUp(digits, 10n ** BigInt(-shift)), format };
}

function exponentOf(suffix: string): number | undefined {
  const digits = /^[eE]([+-]?\d+)$/.exec(suffix)?.[1];
  if (digits === undefined) return undefined;
  const exponent = Number(digits);
  return Math.abs(exponent) > maxExponent ? undefined : exponent;
}

/** Division that rounds away from zero. */
function roundedUp(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  if (value % divisor === 0n) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

function formatBinary(value: bigint): string {
  const suffixes = ['', ...Object.keys(binaryExponents)];
  let rest = value;
  let steps = 0;
  while (steps < suffixes.length - 1 && rest % 1024n === 0n) {
    rest /= 1024n;
    steps += 1;
  }
  return `${rest}${suffixes[steps]}`;
}

function formatDecimal(nanos: bigint, format: Format): string {
  const largest = format === 'DecimalExponent' ? Infinity : 18;
  let rest = nanos;
  let exponent = -9;
  while (exponent < largest && rest % 1000n === 0n) {
    rest /= 1000n;
    exponent += 3;
  }
  if (format !== 'DecimalExponent') return `${rest}${decimalSuffixes.get(exponent)}`;
  return exponent === 0 ? `${rest}` : `${rest}e${exponent}`;
}
