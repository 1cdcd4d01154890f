/** What the agent does, in Prometheus' text format. Names no claim and no server, so anybody may read it. */
import type { Meter } from '@larder/controller';

interface Count {
  done: number;
  failed: number;
  seconds: number;
}

export class AgentMetrics implements Meter {
  readonly #counts = new Map<string, Count>();
  leading = false;

  reconciled(controller: string, outcome: 'done' | 'failed', seconds: number): void {
    const count = this.#counts.get(controller) ?? { done: 0, failed: 0, seconds: 0 };
    count[outcome] += 1;
    count.seconds += seconds;
    this.#counts.set(controller, count);
  }

  text(): string {
    const counts = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      '# HELP larder_agent_leading Whether this replica does the work.',
      '# TYPE larder_agent_leading gauge',
      `larder_agent_leading ${this.leading ? 1 : 0}`,
      '# HELP larder_agent_reconciles_total Reconciles that ended, by outcome.',
      '# TYPE larder_agent_reconciles_total counter',
      ...counts.flatMap(([name, count]) =>
        (['done', 'failed'] as const).map(
          outcome => `larder_agent_reconciles_total{controller="${name}",outcome="${outcome}"} ${count[outcome]}`,
        ),
      ),
      '# HELP larder_agent_reconcile_seconds_total How long reconciles took, all together.',
      '# TYPE larder_agent_reconcile_seconds_total counter',
      ...counts.map(([name, { seconds }]) => `larder_agent_reconcile_seconds_total{controller="${name}"} ${seconds}`),
      '# HELP process_resident_memory_bytes Memory of this process.',
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      '',
    ].join('\n');
  }
}
