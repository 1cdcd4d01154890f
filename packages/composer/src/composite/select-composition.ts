/** Which composition a composite uses: the enforced, the one it names, the default, or the first that its selector matches. */
import type { CompositeResourceDefinition } from '@larder/catalog';
import type { KubeObject } from '@larder/kube';
import type { Composite } from '../crossplane.ts';

export interface CompositionObject extends KubeObject {
  spec: {
    compositeTypeRef: { apiVersion: string; kind: string };
    writeConnectionSecretsToNamespace?: string;
    [field: string]: unknown;
  };
}

/** The name, or what the owner of the composite can do about there being none. */
export type Selection = { kind: 'selected'; name: string } | { kind: 'none'; message: string };

/** Once chosen, the choice stays (`spec.compositionRef`), unless the definition enforces another. */
export function selectComposition(
  composite: Composite,
  definition: CompositeResourceDefinition,
  compositions: readonly CompositionObject[],
): Selection {
  const { compositionRef, compositionSelector } = composite.spec;
  const { enforcedCompositionRef, defaultCompositionRef } = definition.spec;
  const named = enforcedCompositionRef ?? compositionRef;
  if (named !== undefined) return { kind: 'selected', name: named.name };
  if (compositionSelector === undefined && defaultCompositionRef !== undefined) {
    return { kind: 'selected', name: defaultCompositionRef.name };
  }
  const compatible = compositions.filter(({ spec }) => isFor(spec.compositeTypeRef, composite));
  const wanted = Object.entries(compositionSelector?.matchLabels ?? {});
  const matching = compatible.filter(each => wanted.every(([key, value]) => each.metadata.labels?.[key] === value));
  const [first] = matching.map(each => each.metadata.name).sort();
  if (first !== undefined) return { kind: 'selected', name: first };
  const offered = compatible.map(each => `"${each.metadata.name}"`).join(', ') || 'none';
  const asked = wanted.map(([key, value]) => `${key}=${value}`).join(',');
  const message = `no compatible Compositions found for spec.compositionSelector "${asked}"; on offer: ${offered}`;
  return { kind: 'none', message };
}

function isFor(type: { apiVersion: string; kind: string }, composite: Composite): boolean {
  return type.apiVersion === composite.apiVersion && type.kind === composite.kind;
}
