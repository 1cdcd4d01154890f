/** Writes lines with the time before each, as container logs have it, and stops with a word when there are too many. */
export function boundedLines(write: (text: string) => void, largest: number): (text: string) => void {
  let left = largest;
  return text => {
    if (left <= 0) return;
    const time = new Date().toISOString();
    const lines = text
      .split('\n')
      .map(line => `${time} ${line}\n`)
      .join('');
    left -= Buffer.byteLength(lines);
    write(left > 0 ? lines : `${time} (the rest of the output is left out: it is longer than ${largest} bytes)\n`);
  };
}
