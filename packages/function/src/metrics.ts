/** Counts and durations of calls, in Prometheus' text format. */

/** Seconds; around what a call may take. */
const bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1];

export class Metrics {
  readonly #calls = { done: 0, fault: 0 };
  readonly #buckets = bounds.map(() => 0);
  #seconds = 0;

  record(outcome: 'done' | 'fault', seconds: number): void {
    this.#calls[outcome] += 1;
    this.#seconds += seconds;
    bounds.forEach((bound, index) => {
      if (seconds <= bound) this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    });
  }

  text(): string {
    const total = this.#calls.done + this.#calls.fault;
    const buckets = bounds.map(
      (bound, index) => `larder_function_call_seconds_bucket{le="${bound}"} ${this.#buckets[index]}`,
    );
    return [
      '# HELP larder_function_calls_total Calls of Crossplane, by outcome.',
      '# TYPE larder_function_calls_total counter',
      ...Object.entries(this.#calls).map(
        ([outcome, count]) => `larder_function_calls_total{outcome="${outcome}"} ${count}`,
      ),
      '# HELP larder_function_call_seconds How long a call took, without the network.',
      '# TYPE larder_function_call_seconds histogram',
      ...buckets,
      `larder_function_call_seconds_bucket{le="+Inf"} ${total}`,
      `larder_function_call_seconds_sum ${this.#seconds}`,
      `larder_function_call_seconds_count ${total}`,
      '# HELP process_resident_memory_bytes Memory of this process.',
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      '',
    ].join('\n');
  }
}
