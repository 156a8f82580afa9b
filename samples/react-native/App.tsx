/** A screen that signs in, shows status and events as they come, and says why somebody was signed out. */

import React, { useState } from "react";
import { Button, FlatList, SafeAreaView, StyleSheet, Text, TextInput, View } from "react-native";
import { LoginStatus } from "tessera-im";
import { useSession } from "./session";

const SDK_APP_ID = 1400000001;
/** A gateway on the machine that runs Android's emulator. */
const SERVER_URL = "ws://10.0.2.2:7700";

const STATUS_TEXTS: Record<LoginStatus, string> = {
  [LoginStatus.LoggedIn]: "logged in",
  [LoginStatus.LoggingIn]: "logging in…",
  [LoginStatus.LoggedOut]: "logged out",
};

export default function App(): React.JSX.Element {
  const session = useSession(SDK_APP_ID, SERVER_URL);
  const [name, setName] = useState("alice");
  const [userSig, setUserSig] = useState("");
  const isSwitch = session.user !== "" && session.user !== name;

  return (
    <SafeAreaView style={styles.screen}>
      {session.banner && (
        <View style={styles.banner}>
          <Text>{session.banner.text}</Text>
          {session.banner.needsTicket && <Text>Paste a new one below.</Text>}
        </View>
      )}
      <Text style={styles.status}>
        {STATUS_TEXTS[session.status]} {session.user}
      </Text>
      <TextInput style={styles.field} value={name} onChangeText={setName} autoCapitalize="none" placeholder="user" />
      <TextInput style={styles.field} value={userSig} onChangeText={setUserSig} secureTextEntry placeholder="UserSig" />
      <Button title={isSwitch ? "Switch account" : "Sign in"} onPress={() => void session.signIn(name, userSig)} />
      <Button title="Sign out" disabled={session.user === ""} onPress={() => void session.signOut()} />
      <FlatList
        data={session.events}
        keyExtractor={(_, index) => String(session.events.length - index)}
        renderItem={({ item }) => <Text>{item}</Text>}
      />
    </SafeAreaView>
  );
}

const styles = StyleSheet.create({
  screen: { flex: 1, margin: 16, gap: 8 },
  banner: { padding: 12, backgroundColor: "#fde68a" },
  status: { fontSize: 18 },
  field: { borderWidth: 1, borderColor: "#999", padding: 8 },
});
