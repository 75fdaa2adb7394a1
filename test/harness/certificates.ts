/** X.509 certificates for tests, made with what Node has: a CA of one's own and what it signs. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/** A new authority. */
export function createAuthority(name: string): Certificate {
  return issue(name, name, null);
}

/** A certificate for `localhost` and 127.0.0.1, for servers and clients alike. */
export function createCertificate(name: string, authority: Certificate, authorityName: string): Certificate {
  return issue(name, authorityName, createPrivateKey(authority.key));
}

function issue(subject: string, issuer: string, issuerKey: KeyObject | null): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const extensions =
    issuerKey === null
      ? [extension('551d13', sequence(der(0x01, Buffer.from([0xff]))))]
      : [
          extension(
            '551d11',
            sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1]))),
          ),
        ];
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1 + Math.floor(Math.random() * 126), 1 + Math.floor(Math.random() * 255)])),
    ecdsaWithSha256,
    nameOf(issuer),
    sequence(der(0x18, Buffer.from('20000101000000Z')), der(0x18, Buffer.from('21000101000000Z'))),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, issuerKey ?? privateKey);
  const whole = sequence(body, ecdsaWithSha256, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

const ecdsaWithSha256 = sequence(der(0x06, Buffer.from('2a8648ce3d040302', 'hex')));

function nameOf(text: string): Buffer {
  const commonName = sequence(der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from(text)));
  return sequence(der(0x31, commonName));
}

function extension(objectId: string, content: Buffer): Buffer {
  return sequence(der(0x06, Buffer.from(objectId, 'hex')), der(0x04, content));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, Math.floor(length / 256), length % 256];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
