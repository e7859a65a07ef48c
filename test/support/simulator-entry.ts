// The simulator as a program of its own. Takes its options as one JSON argument and prints one JSON line when it listens.
import { startSimulator, type SimulatorOptions } from '../../src/simulator/simulator.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as SimulatorOptions;
const simulator = await startSimulator(options);
process.once('SIGTERM', () => void simulator.close());
process.stdout.write(
  `${JSON.stringify({ url: simulator.url, token: simulator.token, instanceId: simulator.instanceId })}\n`,
);
