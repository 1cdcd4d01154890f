/** Finds the composition of a composite: its object in the API, and the function of the catalog behind it. */
import type { CompositeResourceDefinition, Composition } from '@larder/catalog';
import type { Client } from '@larder/kube';
import type { Composite } from '../crossplane.ts';
import { CROSSPLANE_API } from '../crossplane.ts';
import type { CompositeContext } from './composite-context.ts';
import { selectComposition, type CompositionObject, type Selection } from './select-composition.ts';

export interface Choice {
  name: string;
  compose: Composition;
  /** Where composites' connection secrets go; absent: nowhere. */
  secretNamespace?: string;
}

const KIND = { apiVersion: CROSSPLANE_API, kind: 'Composition' };

/** @throws Error that says what is on offer */
export async function chooseComposition(
  { client, definition, service }: Pick<CompositeContext, 'client' | 'definition' | 'service'>,
  composite: Composite,
): Promise<Choice> {
  const selection = await select(client, composite, definition());
  if (selection.kind === 'none') throw new Error(`cannot select Composition: ${selection.message}`);
  const object = await client.find<CompositionObject>({ ...KIND, name: selection.name });
  const known = service?.compositions.find(each => each.name === selection.name);
  if (object === undefined || known === undefined) {
    const offered = service?.compositions.map(each => `"${each.name}"`).join(', ') ?? 'none';
    throw new Error(
      `cannot find Composition "${selection.name}": this plane offers ${offered} (spec.compositionRef.name)`,
    );
  }
  return { name: known.name, compose: known.compose, secretNamespace: object.spec.writeConnectionSecretsToNamespace };
}

/** Where one is named, the others need not be looked at. */
async function select(
  client: Client,
  composite: Composite,
  definition: CompositeResourceDefinition,
): Promise<Selection> {
  const named = selectComposition(composite, definition, []);
  if (named.kind === 'selected') return named;
  return selectComposition(composite, definition, (await client.list<CompositionObject>(KIND)).items);
}
