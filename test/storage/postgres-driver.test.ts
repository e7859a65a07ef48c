import { expect, it } from '@jest/globals';
import { type Socket, connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { openDatabase } from '../../src/storage/database.ts';
import { writeTransaction } from '../../src/storage/write-transaction.ts';
import { eachDatabase } from '../support/store.ts';

eachDatabase('a store that is out of reach', (store) => {
  it('says so for reads and writes, and goes on when it is back', async () => {
    if (store.dialect === 'sqlite') return;
    const target = new URL(store.url());
    const sockets = new Set<Socket>();
    let open = true;
    const proxy = createServer((client) => {
      if (!open) {
        client.destroy();
        return;
      }
      const server = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        sockets.add(from);
        from.on('error', () => undefined).on('close', () => to.destroy());
        from.pipe(to);
      }
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const url = new URL(target);
    url.port = String((proxy.address() as AddressInfo).port);
    const database = await openDatabase({ url: url.toString() });
    const read = async () => database.read.selectFrom('tenant').selectAll().execute();
    const write = async () => writeTransaction(database, (tx) => tx.selectFrom('tenant').selectAll().execute());
    expect(await read()).toEqual([]);
    expect(await write()).toEqual([]);

    open = false;
    for (const socket of sockets) socket.destroy();
    await expect(read()).rejects.toMatchObject({ code: 'store.unavailable' });
    await expect(write()).rejects.toMatchObject({ code: 'store.unavailable' });
    // A connection that drops under a transaction ends the transaction, not the process.
    open = true;
    const dropped = writeTransaction(database, async (tx) => {
      await tx.selectFrom('tenant').selectAll().execute();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => setTimeout(resolve, 20));
      return tx.selectFrom('tenant').selectAll().execute();
    });
    await expect(dropped).rejects.toMatchObject({ code: 'store.unavailable' });
    expect(await read()).toEqual([]);

    await database.close();
    await new Promise((resolve) => proxy.close(resolve));
  });
});
