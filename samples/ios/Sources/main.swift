// Plays the story of an app, and checks what its user is shown. The main thread belongs to the main queue, as in an app.

import Foundation
import Tessera

/// What the user was shown, in order.
var shown: [String] = []

/// Lets the main queue work until the user has been shown these lines, and no others.
func expect(_ lines: String...) {
    let deadline = Date(timeIntervalSinceNow: 30)
    while shown.count < lines.count && Date() < deadline {
        _ = RunLoop.main.run(mode: .default, before: Date(timeIntervalSinceNow: 0.01))
    }
    guard shown == lines else {
        print("✗ expected \(lines), but there was \(shown)")
        exit(1)
    }
    for line in lines { print("✓ \(line)") }
    shown = []
}

func check(_ what: String, _ isSo: Bool) {
    print(isSo ? "✓ \(what)" : "✗ \(what)")
    if !isSo { exit(1) }
}

let world = try World()
try world.writePropertyList()
let session = Session(sdkAppID: world.sdkAppID, userSig: { world.userSig($0) }, show: { shown.append($0) })

session.start()
expect("initialised", "connecting", "connected")

session.login("alice")
// Or logged in already: the SDK does not wait for this thread.
check("the status says so at once", session.statusText != "logged out")
expect("logged in as alice")
check("the user too", session.user == "alice")

// Without the network the app does nothing: the SDK goes online again by itself.
try world.cutNetwork()
expect("connecting", "connected")
check("still logged in", session.user == "alice")

// A login of somebody else switches the account; no logout comes before it.
session.login("bob")
check("alice is logged out at once", session.user != "alice")
expect("logged in as bob")

// A ticket that has expired before the login is told by the code, and a new one helps.
session.login("carol", userSig: try world.oldUserSig("carol"))
expect("ticket refused", "logged in as carol")

// One that expires during the session is told by the listener.
try world.pass(minutes: 61)
expect("ticket expired")
check("the status says so too", session.statusText == "logged out")
session.login("carol")
expect("logged in as carol")

// Kicked: the user decides.
try world.kick("carol")
expect("logged in on another device")
check("nobody is logged in", session.user == nil)

// Any other code is shown, and nothing follows by itself.
session.login("not a user id")
expect("login failed: 7003")

session.login("dave")
expect("logged in as dave")
session.stop()
expect("logged out")
check("and uninitialised", session.statusText == "logged out")
