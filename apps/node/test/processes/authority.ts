import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TempFolder } from './temp-folder.ts';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const OF_AUTHORITIES = [
  ['-addext', 'basicConstraints=critical,CA:true'],
  ['-addext', 'keyUsage=critical,keyCertSign'],
].flat();

/** An authority and a certificate for nodes at 127.0.0.1, made as the README says. Disposing of it removes both. */
export class Authority {
  readonly #folder = new TempFolder();
  readonly caFile = this.#folder.file('ca.crt');

  constructor() {
    const self = ['-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=rrmq-ca'];
    this.#openssl(['req', '-x509', ...NEW_KEY, '-days', '2', ...self, ...OF_AUTHORITIES]);
    const node = ['-keyout', 'node.key', '-out', 'node.csr', '-subj', '/CN=rrmq-node'];
    this.#openssl(['req', ...NEW_KEY, ...node]);
    writeFileSync(this.#folder.file('san.txt'), 'subjectAltName=IP:127.0.0.1\n');
    const signer = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
    const files = ['-in', 'node.csr', '-extfile', 'san.txt', '-out', 'node.crt'];
    this.#openssl(['x509', '-req', ...signer, ...files]);
  }

  static get isPossible(): boolean {
    try {
      execFileSync('openssl', ['version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }

  /** What a node is started with. */
  get flags(): string[] {
    const file = (name: string): string => join(this.#folder.path, name);
    return ['--tls-key', file('node.key'), '--tls-cert', file('node.crt'), '--tls-ca', this.caFile];
  }

  #openssl(args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder.path, stdio: 'ignore' });
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}
