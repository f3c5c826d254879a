export { Safety } from './safety.ts';
export { SafetyViolated } from './safety-violated.ts';
export {
  DIRECTORY,
  type SimBoot,
  SimCluster,
  type SimClusterOptions,
  type SimMachineHost,
} from './sim-cluster.ts';
export { lastFrame } from './last-frame.ts';
export { SimDisk, type SimDiskImage } from './sim-disk.ts';
export { SimNetwork, type SimNetworkFaults } from './sim-network.ts';
export { type ClockFault, SimClock } from './sim-clock.ts';
export { type SimProcess } from './sim-process.ts';
export { SimRandom } from './sim-random.ts';
export { SimWorld } from './sim-world.ts';
