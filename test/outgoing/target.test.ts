import { afterEach, describe, expect, it } from '@jest/globals';
import { DomainError } from '../../src/core/errors.ts';
import { checkTarget } from '../../src/outgoing/target.ts';
import { outgoingFor, type Receiver, startReceiver } from './receiver.ts';

// Every way that is known of writing an address of a machine that must not be reached, as it may stand in a URL.
const HOSTS: readonly string[] = [
  ...['127.0.0.1', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.1', '0x7f.0.0.1', '017700000001'],
  ...['0177.0.0.1', '0177.0.0.01', '127.0.0.1.', '127.255.255.254', '0', '0.0.0.0', '0.1.2.3', '00.00.00.00'],
  ...['１２７.０.０.１', '127。0。0。1', '①②⑦.⓪.⓪.①', '%31%32%37.0.0.1', 'localhost', 'LOCALHOST', 'localhost.'],
  ...['a.localhost', 'a.b.localhost.', 'ｌｏｃａｌｈｏｓｔ', 'loc%61lhost', '[::1]', '[::]', '[0:0:0:0:0:0:0:1]'],
  ...['[0000:0000:0000:0000:0000:0000:0000:0001]', '[::127.0.0.1]', '[::7f00:1]', '[::ffff:127.0.0.1]'],
  ...['[::ffff:7f00:1]', '[0:0:0:0:0:ffff:127.0.0.1]', '[::ffff:0:127.0.0.1]', '[::ffff:8.8.8.8]', '[::8.8.8.8]'],
  ...['[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b::10.0.0.1]', '[64:ff9b::8.8.8.8]', '[64:ff9b:1::1]'],
  ...[
    '[2002:7f00:1::]',
    '[2002:a00:1::1]',
    '[2002:a9fe:a9fe::]',
    '[2001::1]',
    '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
  ],
  ...['[2001:10::1]', '[2001:20::1]', '[2001:db8::1]', '[2001:1ff::1]', '[3fff::1]', '[3fff:fff::1]', '[100::1]'],
  ...['[fc00::1]', '[fd00::1]', '[fd00:ec2::254]', '[fd20:ce::254]', '[fe80::1]', '[fe80::a9fe:a9fe]', '[febf::1]'],
  ...['[fec0::1]', '[ff02::1]', '[ff0e::1]', '[ffff::1]', '[4000::1]', '[1::1]', '[5f00::1]', '[8000::1]'],
  ...['10.0.0.1', '10.255.255.255', '10.1', '012.0.0.1', '0x0a.0.0.1', '167772161', '172.16.0.1', '172.31.255.255'],
  ...['172.16.1', '2886729729', '192.168.0.1', '192.168.255.255', '192.168.1', '3232235521', '0xc0a80001'],
  ...[
    '0300.0250.0.1',
    '169.254.169.254',
    '169.254.0.1',
    '169.254.43518',
    '2852039166',
    '0xa9fea9fe',
    '0xA9.0xFE.43518',
  ],
  ...['0251.0376.0251.0376', '169.254.170.2', '100.64.0.1', '100.127.255.255', '100.100.100.200', '1684300900'],
  ...['192.0.0.1', '192.0.0.192', '192.0.2.1', '192.88.99.1', '198.18.0.1', '198.19.255.255', '198.51.100.1'],
  ...['203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '4294967295', '168.63.129.16'],
];

/** What is wrong by itself, wherever it leads. */
const URLS: readonly string[] = [
  ...['', ' ', 'example.com', '//example.com/', '/hook', 'https:', 'https://', 'https:///', 'https://?x', 'http://'],
  ...[
    'http://example.com/',
    'HTTP://EXAMPLE.COM/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com/',
  ],
  ...[
    'javascript:alert(1)',
    'data:text/plain,x',
    'ws://example.com/',
    'wss://example.com/',
    'blob:https://example.com/x',
  ],
  ...['https://user@example.com/', 'https://user:secret@example.com/', 'https://:secret@example.com/'],
  ...['https://example.com@127.0.0.1/', 'https://example.com:443@169.254.169.254/', 'https://127.0.0.1#@example.com/'],
  ...['https://example.com/#', 'https://example.com/#part', 'https://example.com/?x#part'],
  ...['https://example.com:0/', 'https://example.com:22/', 'https://example.com:25/', 'https://example.com:80/'],
  ...[
    'https://example.com:442/',
    'https://example.com:444/',
    'https://example.com:1023/',
    'https://example.com:65536/',
  ],
  ...[
    'https://exa mple.com/',
    'https://example.com:abc/',
    'https://[::1/',
    'https://[fe80::1%25eth0]/',
    'https://1.2.3.4.5/',
  ],
  ...[
    'https://256.256.256.256/',
    'https://0x100000000/',
    'https://%00/',
    'https://exa%2fmple.com/',
    'https://127.0.0.1\\@example.com/',
  ],
];

describe('the address of a receiver', () => {
  it(`is refused in ${String(HOSTS.length + URLS.length)} spellings that lead elsewhere than to the public internet`, () => {
    expect(HOSTS.length + URLS.length).toBeGreaterThanOrEqual(150);
    const accepted = [...HOSTS.map((host) => `https://${host}/hook`), ...URLS].filter((url) => {
      try {
        checkTarget(url, { allowLoopback: false });
        return true;
      } catch (error) {
        if (!(error instanceof DomainError) || error.code !== 'request.invalid') throw error;
        return false;
      }
    });
    expect(accepted).toEqual([]);
  });

  it('is accepted on the public internet, on port 443 and from 1024 up', () => {
    const urls = [
      ...[
        'https://example.com',
        'https://hooks.example.com/a/b?c=d',
        'https://example.com:443/',
        'https://EXAMPLE.com./x',
      ],
      ...['https://example.com:1024/', 'https://example.com:65535/', 'https://bücher.example/', 'https://8.8.8.8/'],
      ...['https://9.255.255.255/', 'https://11.0.0.1/', 'https://100.63.255.255/', 'https://100.128.0.1/'],
      ...['https://172.15.255.255/', 'https://172.32.0.1/', 'https://223.255.255.255/', 'https://[2606:4700::1]/'],
      ...['https://[2001:200::1]/', 'https://[2001:4860:4860::8888]/', 'https://localhost.example.com/'],
    ];
    for (const url of urls) expect(checkTarget(url, { allowLoopback: false }).href).toBe(new URL(url).href);
  });

  it('may be this machine, by http too, when that is allowed, and then nothing else', () => {
    const allowed = ['http://127.0.0.1:80/', 'http://localhost:8080/', 'http://[::1]/', 'https://localhost:22/'];
    for (const url of allowed) expect(checkTarget(url, { allowLoopback: true }).href).toBe(new URL(url).href);
    for (const url of ['http://example.com/', 'https://10.0.0.1/', 'http://[::ffff:127.0.0.1]/', 'http://0.0.0.0/']) {
      expect(() => checkTarget(url, { allowLoopback: true })).toThrow(DomainError);
    }
  });

  it('has at most 2048 characters', () => {
    const of = (length: number) => `https://example.com/${'a'.repeat(length - 20)}`;
    for (const length of [2047, 2048]) {
      expect(checkTarget(of(length), { allowLoopback: false }).href).toHaveLength(length);
    }
    expect(() => checkTarget(of(2049), { allowLoopback: false })).toThrow('longer than 2048');
  });
});

describe('a name, at the time of the connection', () => {
  const open: Receiver[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  async function receiver(host: string): Promise<Receiver> {
    const one = await startReceiver({ host });
    open.push(one);
    return one;
  }
  const v4 = (address: string) => ({ address, family: 4 });

  it('is refused when it leads to, or also to, what is internal: 0 connections in 1,000 tries', async () => {
    const canary = await receiver('127.0.0.1');
    const answers = [
      ...['127.0.0.1', '10.0.0.1', '169.254.169.254', '192.168.1.1', '100.64.0.1', '0.0.0.0'].map((one) => [v4(one)]),
      [v4('8.8.8.8'), v4('127.0.0.1')],
      [v4('127.0.0.1'), v4('8.8.8.8')],
      ...['::1', '::ffff:127.0.0.1', 'fe80::1', 'fd00:ec2::254', '64:ff9b::7f00:1', 'fe80::1%lo'].map((one) => [
        { address: one, family: 6 },
      ]),
    ];
    let asked = 0;
    const outgoing = outgoingFor({
      allowLoopback: false,
      resolve: () => Promise.resolve(answers[asked++ % answers.length] ?? []),
    });
    const url = `https://hooks.example.com:${String(canary.port)}/`;
    for (let round = 0; round < 1000; round += 1) {
      const outcome = await outgoing.post({ url, id: 'a', body: '{}', secrets: [] });
      if (outcome.kind !== 'lost' || outcome.code !== 'forbidden') throw new Error(JSON.stringify({ round, outcome }));
    }
    await outgoing.close();
    expect(asked).toBe(1000);
    expect(canary.connections()).toBe(0);
  });

  it('is asked for once per connection, and the connection goes to that answer', async () => {
    const good = await receiver('127.0.0.1');
    const canary = await startReceiver({ host: '127.0.0.2' });
    open.push(canary);
    let asked = 0;
    // What it says second is where an attacker wants to get to.
    const resolve = () => Promise.resolve([v4(asked++ % 2 === 0 ? '127.0.0.1' : '127.0.0.2')]);
    for (let round = 0; round < 20; round += 1) {
      asked = 0;
      const outgoing = outgoingFor({ resolve });
      const url = `http://localhost:${String(good.port)}/`;
      expect(await outgoing.post({ url, id: 'a', body: '{}', secrets: [] })).toMatchObject({ kind: 'delivered' });
      expect(asked).toBe(1);
      await outgoing.close();
    }
    expect(canary.connections()).toBe(0);
  });

  it('does not lead plain http anywhere but to this machine, whatever it resolves to', async () => {
    const outgoing = outgoingFor({ resolve: () => Promise.resolve([v4('8.8.8.8')]) });
    const outcome = await outgoing.post({ url: 'http://a.localhost/', id: 'a', body: '{}', secrets: [] });
    expect(outcome).toEqual({ kind: 'lost', code: 'forbidden' });
    await outgoing.close();
  });

  it.each(['https://127.0.0.1/', 'https://[::1]/', 'http://example.com/', 'https://10.0.0.1/', 'no url'])(
    'is not even asked for with %s',
    async (url) => {
      let asked = 0;
      const outgoing = outgoingFor({ allowLoopback: false, resolve: () => Promise.resolve([v4(`8.8.8.${asked++}`)]) });
      expect(await outgoing.post({ url, id: 'a', body: '{}', secrets: [] })).toEqual({
        kind: 'lost',
        code: 'forbidden',
      });
      await outgoing.close();
      expect(asked).toBe(0);
    },
  );
});
