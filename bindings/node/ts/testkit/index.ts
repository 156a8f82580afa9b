/** The test kit, `tessera-im/testkit`: kicks, expiry, lost networks and account switches in a script, offline. */

export { Gateway, Network } from "./gateway";
export type { GatewayOptions, Policy, PolicyOrPreset, Session, WaitOptions } from "./gateway";
export { TestKitError, TimeoutError } from "./orders";
export { type Heard, Recorder } from "./recorder";
export { type GatewayTest, withGateway } from "./with_gateway";
