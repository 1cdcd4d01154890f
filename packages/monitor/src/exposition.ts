/**
 * The text that Prometheus scrapes. Values of one part are rendered once, however often they are scraped, and put together by metric:
 * all of a metric has to stand together, whichever instances it is of.
 */
import { findMetric, identityLabels, type Metric } from '@larder/catalog';
import type { Measured } from './measured.ts';

/** Version 0.0.4. OpenMetrics would refuse the exporter's names: there a counter has to end with `_total`. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What is told of one instance, or of what isn't one. */
export interface Told {
  /** Namespace and claim; absent for the plane and for what measures. */
  identity?: { namespace: string; claim: string };
  parts: Iterable<Measured>;
}

/** Lines by the name of their metric; those of a histogram are together. */
type Lines = ReadonlyMap<string, string>;

export class Exposition {
  readonly #rendered = new WeakMap<Measured, Lines>();

  /** `help` says what settings mean; those of servers differ in nothing that matters. */
  page(told: readonly Told[], help: ReadonlyMap<string, string> = new Map()): string {
    const byName = new Map<string, string[]>();
    const all = told.flatMap(({ identity, parts }) => [...parts].map(measured => this.#linesOf(measured, identity)));
    for (const lines of all)
      for (const [name, text] of lines) {
        const known = byName.get(name);
        if (known) known.push(text);
        else byName.set(name, [text]);
      }
    const text: string[] = [];
    for (const name of [...byName.keys()].sort()) {
      const metric = findMetric(name);
      if (!metric) continue; // nobody could say what it means
      text.push(header(metric, help.get(name) ?? metric.help), ...(byName.get(name) ?? []));
    }
    return text.join('');
  }

  #linesOf(measured: Measured, identity: Told['identity']): Lines {
    const known = this.#rendered.get(measured);
    if (known) return known;
    const lines = new Map<string, string>();
    const own = identityText(identity);
    for (const [name, samples] of measured) {
      const metric = findMetric(name);
      if (!metric) continue;
      const labels = name === metric.name ? metric.labels : [...metric.labels, 'le'];
      const text = samples.map(sample => line({ name, labels }, own, sample)).join('');
      lines.set(metric.name, (lines.get(metric.name) ?? '') + text);
    }
    this.#rendered.set(measured, lines);
    return lines;
  }
}

function header({ name, type }: Metric, help: string): string {
  return `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${type}\n`;
}

function identityText(identity: Told['identity']): string {
  if (!identity) return '';
  const { namespace, claim } = identity;
  const values = [namespace, claim, `${namespace}/${claim}`];
  return identityLabels.map((label, at) => `${label}="${escaped(values[at] ?? '')}"`).join(',');
}

function line(
  { name, labels }: Pick<Metric, 'name' | 'labels'>,
  identity: string,
  sample: { labels?: readonly string[]; value: number },
): string {
  const own = (sample.labels ?? []).map((value, at) => `${labels[at]}="${escaped(value)}"`);
  const all = identity === '' ? own : [identity, ...own];
  return `${name}${all.length === 0 ? '' : `{${all.join(',')}}`} ${numberText(sample.value)}\n`;
}

function escaped(value: string): string {
  // Most have nothing to escape.
  if (!/[\\"\n\ud800-\udfff]/.test(value)) return value;
  return Buffer.from(value).toString().replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
