/** What `larder provision` says at its end: how to connect, and what to try. */
import type { KubeObject } from '@larder/kube';
import { findMetricsUrl, monitorPlace, type Home } from '@larder/local';
import { connectionSecretOf } from '../connection.ts';
import { findProgram } from '../psql-program.ts';
import { shellWord } from '../shell-word.ts';
import type { Surroundings } from '../surroundings.ts';

/** How `larder` is called from the checkout, so that it finds this very home. */
export function larderCommand(home: Home): string {
  return process.env.LARDER_HOME ? `LARDER_HOME=${shellWord(home.folder)} npx larder` : 'npx larder';
}

export function showNextSteps(surroundings: Surroundings, home: Home, claims: KubeObject[]): void {
  const larder = larderCommand(home);
  for (const claim of claims) showClaim(surroundings, home, claim);
  surroundings.print(`
kubectl:     export KUBECONFIG=${shellWord(home.kubeconfig)}
             kubectl get postgresqlinstances,postgresqlusers,s3buckets -A${monitoring(home, larder)}
Change it:   edit service/prototype-instance.yaml, then: ${larder} apply -f service/prototype-instance.yaml
Remove it:   make deprovision    (make clean removes the plane and all data)`);
}

/** Where what is measured can be seen, and read by a Prometheus. */
function monitoring(home: Home, larder: string): string {
  const url = findMetricsUrl(home);
  if (url === undefined) return '';
  return `
Watch it:    ${larder} top
Metrics:     ${url}  (Prometheus text; the token is in ${shellWord(monitorPlace(home).token)})
             prometheus --config.file=${shellWord(monitorPlace(home).scrapeConfig)} scrapes all instances; dashboards for Grafana are in dashboards/
             of one claim alone: the secret <claim>-metrics in its namespace has address, token and authority`;
}

/** Where its credentials are, and what can be done with it. */
export function showClaim({ print }: Surroundings, home: Home, claim: KubeObject): void {
  const { name, namespace = 'default' } = claim.metadata;
  const within = namespace === 'default' ? '' : ` -n ${namespace}`;
  print(`
${claim.kind} "${name}" is ready; its secret "${connectionSecretOf(claim)}" (namespace ${namespace}) holds all a client needs.

${stepsOf(claim, larderCommand(home), within)}`);
}

function stepsOf({ kind, metadata: { name } }: KubeObject, larder: string, within: string): string {
  if (kind === 'S3Bucket')
    return `Use it:      its AWS_* keys are what AWS' tools and SDKs read from the environment; ca.crt verifies the server
See it:      ${larder} describe ${name}${within}`;
  const query = findProgram('psql') ? '' : " -c 'select version()'";
  if (kind === 'PostgreSQLUser')
    return `Connect:     ${larder} psql --user ${name}${within}${query}
See it:      ${larder} describe ${name}${within}
Remove it:   make deprovision-user    (what it made stays, and belongs to the owner of the database)`;
  return `Connect:     ${larder} psql ${name}${within}${query}
See it:      ${larder} describe ${name}${within}
Its log:     ${larder} logs ${name}${within}`;
}
