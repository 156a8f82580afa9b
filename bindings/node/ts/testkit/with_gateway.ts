/** A gateway for the length of one test, for Node's test runner and for every other one that awaits a function. */

import { internals, TencentImSDKPlugin } from "../index";
import { Gateway, type GatewayOptions } from "./gateway";

/** A test that gets a gateway, and after it whatever its runner passes. */
export type GatewayTest<Rest extends unknown[]> = (gateway: Gateway, ...rest: Rest) => unknown;

/**
 * Makes a test of a function that wants a gateway. When it ends, however it does, V2TIM's manager is uninitialised, what
 * `configure` was told is taken back, the clients of the gateway are closed, and the gateway is stopped.
 *
 * @example
 * test("a kicked user is told", withGateway(async (gateway) => {
 *   const phone = await gateway.client("phone");
 *   await phone.login("alice", gateway.sign("alice"));
 *   await gateway.kick("alice");
 * }));
 */
export function withGateway<Rest extends unknown[]>(test: GatewayTest<Rest>): (...rest: Rest) => Promise<void>;
/** As above, with a gateway that starts with these options. */
export function withGateway<Rest extends unknown[]>(
  options: GatewayOptions,
  test: GatewayTest<Rest>,
): (...rest: Rest) => Promise<void>;
export function withGateway<Rest extends unknown[]>(
  first: GatewayOptions | GatewayTest<Rest>,
  second?: GatewayTest<Rest>,
): (...rest: Rest) => Promise<void> {
  const [options, test] = typeof first === "function" ? [{}, first] : [first, second as GatewayTest<Rest>];
  return async (...rest) => {
    const gateway = await Gateway.start(options);
    const takeBack = internals.keepConfigured();
    try {
      await test(gateway, ...rest);
    } finally {
      await TencentImSDKPlugin.v2TIMManager.unInitSDK();
      takeBack();
      await gateway.stop();
    }
  };
}
