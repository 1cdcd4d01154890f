/** Finds the composition of a composite: its object in the API, and the function of the catalog behind it. */
import type { Composition } from '@larder/catalog';
import type { Composite } from '../crossplane.ts';
import { CROSSPLANE_API } from '../crossplane.ts';
import type { CompositeContext } from './composite-context.ts';
import { selectComposition, type CompositionObject } from './select-composition.ts';

export interface Choice {
  name: string;
  compose: Composition;
  /** Where composites' connection secrets go; absent: nowhere. */
  secretNamespace?: string;
}

/** @throws Error that says what is on offer */
export async function chooseComposition(
  { client, definition, service }: Pick<CompositeContext, 'client' | 'definition' | 'service'>,
  composite: Composite,
): Promise<Choice> {
  const kind = { apiVersion: CROSSPLANE_API, kind: 'Composition' };
  const { items } = await client.list<CompositionObject>(kind);
  const selection = selectComposition(composite, definition(), items);
  if (selection.kind === 'none') throw new Error(`cannot select Composition: ${selection.message}`);
  const object = items.find(each => each.metadata.name === selection.name);
  const known = service?.compositions.find(each => each.name === selection.name);
  if (object === undefined || known === undefined) {
    const offered = service?.compositions.map(each => `"${each.name}"`).join(', ') ?? 'none';
    throw new Error(
      `cannot find Composition "${selection.name}": this plane offers ${offered} (spec.compositionRef.name)`,
    );
  }
  return { name: known.name, compose: known.compose, secretNamespace: object.spec.writeConnectionSecretsToNamespace };
}
