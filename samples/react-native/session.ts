/** The session of the app as a React hook: V2TIM underneath, state above. It draws nothing. */

import { useCallback, useEffect, useState } from "react";
import {
  configure,
  type KickReason,
  LoginStatus,
  LogLevelEnum,
  type Platform,
  TencentImSDKPlugin,
  type V2TimSDKListener,
} from "tessera-im";

const manager = TencentImSDKPlugin.v2TIMManager;

/** Why nobody is logged in any more, when it was not the user's wish. */
export type Banner = { readonly text: string; readonly needsTicket: boolean };

export interface Session {
  readonly status: LoginStatus;
  readonly user: string;
  readonly events: readonly string[];
  readonly banner: Banner | undefined;
  /** Logs in; with another user than before it is an account switch, and needs no logout in between. */
  signIn(user: string, userSig: string): Promise<void>;
  signOut(): Promise<void>;
}

/** A kick by policy leaves the ticket good, and no ticket helps whose account is disabled; every other has revoked it. */
function bannerOf(reason: KickReason, platform: Platform | undefined): Banner {
  if (reason === "policy") {
    return { text: `Signed in elsewhere (${platform ?? "another device"})`, needsTicket: false };
  }
  if (reason === "disabled") {
    return { text: "This account is disabled", needsTicket: false };
  }
  return { text: "You were signed out", needsTicket: true };
}

/** The session against this gateway. */
export function useSession(sdkAppID: number, serverUrl: string): Session {
  const [status, setStatus] = useState(LoginStatus.LoggedOut);
  const [user, setUser] = useState("");
  const [events, setEvents] = useState<readonly string[]>([]);
  const [banner, setBanner] = useState<Banner>();

  const look = useCallback((event?: string) => {
    setStatus(manager.status);
    setUser(manager.loginUser);
    if (event) {
      setEvents((before) => [event, ...before].slice(0, 50));
    }
  }, []);

  useEffect(() => {
    const listener: V2TimSDKListener = {
      onConnecting: () => look("connecting"),
      onConnectSuccess: () => look("connected"),
      onConnectFailed: (code, error) => look(`connect failed: ${code} ${error}`),
      onKickedOfflineEx: ({ reason, platform }) => {
        setBanner(bannerOf(reason, platform));
        look(`kicked: ${reason}`);
      },
      onUserSigExpired: () => {
        setBanner({ text: "Your ticket has expired", needsTicket: true });
        look("ticket expired");
      },
    };
    configure({ serverUrl, allowPlain: serverUrl.startsWith("ws://") });
    void manager.initSDK(sdkAppID, LogLevelEnum.V2TIM_LOG_INFO, listener).then(({ code, desc }) => {
      look(code === 0 ? "initialised" : `initSDK: ${code} ${desc}`);
    });
    return () => void manager.unInitSDK();
  }, [sdkAppID, serverUrl, look]);

  const signIn = async (name: string, userSig: string) => {
    setBanner(undefined);
    const login = manager.login(name, userSig);
    look(`login of ${name}`);
    const { code, desc, error } = await login;
    if (error?.needsNewTicket) {
      setBanner({ text: "Get a new ticket", needsTicket: true });
    }
    look(code === 0 ? `logged in as ${name}` : `login: ${code} ${desc}`);
  };

  const signOut = async () => {
    const { code } = await manager.logout();
    look(`logout: ${code}`);
  };

  return { status, user, events, banner, signIn, signOut };
}
