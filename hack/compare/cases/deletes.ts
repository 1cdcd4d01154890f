/** Deletion: what it answers, preconditions, propagation, finalizers, collections. */
import type { HttpCase } from '../case.ts';
import { custom, define, pathOf } from './crd-fixtures.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const make = (name: string, metadata: object = {}) => ({
  ask: `POST ${configMaps}`,
  body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata } },
  keep: { uid: 'metadata.uid', rv: 'metadata.resourceVersion' },
  show: () => 'made',
});
const bags = pathOf('bags');

export const deleteCases: HttpCase[] = [
  {
    name: 'delete',
    steps: [
      make('gone'),
      { ask: `DELETE ${configMaps}/gone?dryRun=All` },
      { ask: `DELETE ${configMaps}/gone`, body: { preconditions: { uid: 'other' } } },
      { ask: `DELETE ${configMaps}/gone`, body: { preconditions: { resourceVersion: '1' } } },
      { ask: `DELETE ${configMaps}/gone`, body: { preconditions: { uid: '{uid}', resourceVersion: '{rv}' } } },
      { ask: `DELETE ${configMaps}/gone` },
      make('gone'),
      { ask: `DELETE ${configMaps}/gone`, body: { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 } },
      make('gone'),
      { ask: `DELETE ${configMaps}/gone`, body: { gracePeriodSeconds: -1 } },
      make('gone'),
      { ask: `DELETE ${configMaps}/gone`, body: { propagationPolicy: 'Foreground', orphanDependents: true } },
      { ask: `DELETE ${configMaps}/gone`, body: { dryRun: ['Some'] } },
      { ask: `DELETE ${configMaps}/gone?propagationPolicy=Nonsense` },
      { ask: `DELETE ${configMaps}/gone?gracePeriodSeconds=soon` },
      { ask: `DELETE ${configMaps}/gone?propagationPolicy=Background` },
      {
        ask: 'POST /api/v1/namespaces/default/serviceaccounts',
        body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'gone' } },
      },
      { ask: 'DELETE /api/v1/namespaces/default/serviceaccounts/gone' },
      {
        ask: 'POST /api/v1/namespaces/default/secrets',
        body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'gone' } },
      },
      { ask: 'DELETE /api/v1/namespaces/default/secrets/gone' },
    ],
  },
  {
    name: 'finalizers',
    steps: [
      ...define('bags'),
      {
        ask: `POST ${bags}`,
        body: { ...custom('bags', 'b', { size: 1 }), metadata: { name: 'b', finalizers: ['store.example/hold'] } },
      },
      { ask: `DELETE ${bags}/b?dryRun=All` },
      { ask: `DELETE ${bags}/b` },
      { ask: `DELETE ${bags}/b` },
      { ask: `PATCH ${bags}/b`, body: { metadata: { finalizers: ['store.example/hold', 'store.example/new'] } } },
      { ask: `PATCH ${bags}/b`, body: { spec: { size: 2 } } },
      { ask: `PATCH ${bags}/b`, body: { metadata: { deletionTimestamp: null } } },
      { ask: `PATCH ${bags}/b?dryRun=All`, body: { metadata: { finalizers: null } } },
      { ask: `PATCH ${bags}/b`, body: { metadata: { finalizers: null } } },
      { ask: `GET ${bags}/b` },
      {
        ask: `POST ${bags}`,
        body: { ...custom('bags', 'f', { size: 1 }), metadata: { name: 'f', finalizers: ['store.example/hold'] } },
      },
      {
        ask: `DELETE ${bags}/f`,
        body: { propagationPolicy: 'Orphan' },
        show: body =>
          (body as { metadata: { finalizers?: string[] } }).metadata.finalizers?.includes('store.example/hold'),
      },
      { ask: `PATCH ${bags}/f`, body: { metadata: { finalizers: null } }, show: () => 'let go' },
      { ask: `POST ${bags}`, body: custom('bags', 'bg', { size: 1 }), show: () => 'made' },
      { ask: `DELETE ${bags}/bg`, body: { propagationPolicy: 'Background' } },
      { ask: `POST ${bags}`, body: custom('bags', 'fg', { size: 1 }), show: () => 'made' },
      { ask: `DELETE ${bags}/fg`, body: { propagationPolicy: 'Foreground' } },
      { ask: `POST ${bags}`, body: custom('bags', 'or', { size: 1 }), show: () => 'made' },
      { ask: `DELETE ${bags}/or`, body: { propagationPolicy: 'Orphan' } },
      { ask: `POST ${bags}`, body: custom('bags', 'od', { size: 1 }), show: () => 'made' },
      { ask: `DELETE ${bags}/od`, body: { orphanDependents: true } },
    ],
  },
  {
    name: 'delete a collection',
    steps: [
      make('one', { labels: { set: 'a' } }),
      make('two', { labels: { set: 'a' } }),
      make('three', { labels: { set: 'b' } }),
      { ask: `DELETE ${configMaps}?labelSelector=set%3Da&dryRun=All` },
      { ask: `DELETE ${configMaps}?labelSelector=set%3Da` },
      { ask: `DELETE ${configMaps}?labelSelector=set%3Da` },
      { ask: `GET ${configMaps}?labelSelector=set` },
      { ask: `DELETE ${configMaps}?fieldSelector=metadata.name%3Dthree`, body: { propagationPolicy: 'Background' } },
      { ask: `DELETE ${configMaps}?labelSelector=!!` },
      { ask: `DELETE ${configMaps}?labelSelector=set`, body: { propagationPolicy: 'What' } },
      { ask: 'DELETE /api/v1/namespaces/nowhere/configmaps' },
    ],
  },
];
