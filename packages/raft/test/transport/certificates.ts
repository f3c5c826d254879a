import { generate } from 'selfsigned';
import type { PeerTls } from '../../src/driver/node-network.ts';

/** An authority that signs certificates for as long as a test runs. */
export class Authority {
  readonly cert: string;
  readonly #key: string;

  private constructor(cert: string, key: string) {
    this.cert = cert;
    this.#key = key;
  }

  static async make(): Promise<Authority> {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'authority' }], {
      algorithm: 'sha256',
      keyType: 'ec',
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, critical: true },
      ],
    });
    return new Authority(cert, key);
  }

  /** What a node at `ip` needs. */
  async tlsFor(ip: string, validUntil?: Date): Promise<PeerTls> {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'node' }], {
      algorithm: 'sha256',
      keyType: 'ec',
      ca: { key: this.#key, cert: this.cert },
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip }] }],
      ...(validUntil === undefined ? {} : { notBeforeDate: new Date(0), notAfterDate: validUntil }),
    });
    return { key, cert, ca: this.cert };
  }
}
