/** CustomResourceDefinitions themselves. What a schema can't say of them `validateCustomResourceDefinition` does. */
import type { ResourceDefinition } from '../resource.ts';
import { column } from './cells.ts';
import { conditions, kindSchema } from './meta.ts';
import { choice, described, flag, int32, int64, list, object, open, text } from './shapes.ts';

const names = object(
  {
    plural: text,
    singular: text,
    shortNames: list(text),
    kind: text,
    listKind: text,
    categories: list(text),
  },
  ['plural', 'kind'],
);

const printerColumn = object(
  { name: text, type: text, format: text, description: text, priority: int32, jsonPath: text },
  ['name', 'type', 'jsonPath'],
);

const scale = object({ specReplicasPath: text, statusReplicasPath: text, labelSelectorPath: text }, [
  'specReplicasPath',
  'statusReplicasPath',
]);

const version = object(
  {
    name: text,
    served: flag,
    storage: flag,
    deprecated: flag,
    deprecationWarning: text,
    schema: object({ openAPIV3Schema: described(open, 'The structural schema of the objects.') }),
    subresources: object({ status: open, scale }),
    additionalPrinterColumns: list(printerColumn),
    selectableFields: list(object({ jsonPath: text }, ['jsonPath'])),
  },
  ['name', 'served', 'storage'],
);

export const customResourceDefinition: ResourceDefinition = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  status: true,
  schema: kindSchema(
    'CustomResourceDefinition makes the API serve a kind of yours.',
    {
      spec: object(
        {
          group: described(text, 'The API group of the kind.'),
          names: described(names, 'What the kind is called.'),
          scope: described(choice('Cluster', 'Namespaced'), 'Whether the objects live in namespaces.'),
          versions: described(list(version), 'The versions of the kind; exactly one is stored.'),
          conversion: object({ strategy: text, webhook: open }, ['strategy']),
          preserveUnknownFields: flag,
        },
        ['group', 'names', 'scope', 'versions'],
      ),
      status: object({
        conditions,
        acceptedNames: object(names.properties ?? {}),
        storedVersions: list(text),
        observedGeneration: int64,
      }),
    },
    ['spec'],
  ),
  columns: [column('Created At', item => item.metadata.creationTimestamp ?? null, { type: 'date' })],
};
