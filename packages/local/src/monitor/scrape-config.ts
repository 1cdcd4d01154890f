/** `monitor/prometheus.yml`: what a Prometheus on this machine needs to scrape all metrics, ready to be used as its configuration. */
import { join } from 'node:path';
import { writeFileAtomic } from '../home/files.ts';
import type { MonitorPlace } from './place.ts';

/** The same text for the same plane. */
export function writeScrapeConfig(
  place: MonitorPlace,
  { port, caCertificate }: { port: number; caCertificate: string },
): void {
  const ca = join(place.folder, 'ca.crt');
  writeFileAtomic(ca, caCertificate);
  writeFileAtomic(place.scrapeConfig, scrapeConfig({ port, ca, token: place.token }));
}

export function scrapeConfig({ port, ca, token }: { port: number; ca: string; token: string }): string {
  return `# Written by Larder. Use it as it is (prometheus --config.file=...), or take its job into your own configuration.
global:
  scrape_interval: 15s
  scrape_timeout: 10s
scrape_configs:
  - job_name: larder
    scheme: https
    # Each instance has a label of its own: <namespace>/<claim>.
    honor_labels: true
    authorization:
      credentials_file: ${JSON.stringify(token)}
    tls_config:
      ca_file: ${JSON.stringify(ca)}
    static_configs:
      - targets: ['127.0.0.1:${port}']
`;
}
