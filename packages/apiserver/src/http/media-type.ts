/** Media types as requests name them: `Content-Type`, and the clauses of `Accept`. */
export interface MediaType {
  /** Lower case: `application/json`. */
  type: string;
  parameters: ReadonlyMap<string, string>;
}

export function parseMediaType(text: string): MediaType {
  const [type = '', ...rest] = text.split(';');
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const equals = parameter.indexOf('=');
    if (equals < 0) continue;
    const value = parameter.slice(equals + 1).trim();
    parameters.set(parameter.slice(0, equals).trim().toLowerCase(), value.replace(/^"(.*)"$/, '$1'));
  }
  return { type: type.trim().toLowerCase(), parameters };
}

/** The clauses of an `Accept` header, the most wanted first. */
export function parseAccept(header: string): MediaType[] {
  return header
    .split(',')
    .map(parseMediaType)
    .filter(({ type }) => type !== '')
    .map((media, index) => ({ media, index, quality: qualityOf(media) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality || a.index - b.index)
    .map(({ media }) => media);
}

function qualityOf({ parameters }: MediaType): number {
  const quality = Number(parameters.get('q') ?? 1);
  return Number.isFinite(quality) ? quality : 1;
}
