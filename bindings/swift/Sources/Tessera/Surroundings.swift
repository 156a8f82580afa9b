// What lies outside of an app's code: its property list, the network and the foreground.

import Foundation
internal import TesseraUniFFI

extension Surroundings {
    /// Settings of Info.plist, the strongest last.
    static func manifest() -> [Setting] {
        let found = plistKeys.compactMap { key -> Setting? in
            guard let value = Bundle.main.object(forInfoDictionaryKey: key) else { return nil }
            return Setting(name: key, value: "\(value)")
        }
        return detected() + found
    }

    /// The folder of an app's device id, made if it is not there: one for each app, because apps outside of a sandbox share
    /// `support`, and left out of backups, because two devices with the same id would replace each other for ever.
    static func deviceFolder(in support: URL, of bundle: String) -> URL {
        var folder = support.appendingPathComponent(bundle, isDirectory: true)
            .appendingPathComponent("tessera", isDirectory: true)
        // What fails here fails in the library too, which says so in the log.
        try? FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
        )
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try? folder.setResourceValues(values)
        return folder
    }
}

#if canImport(Network)

import Network

/// Apple platforms: the path monitor tells of a network, the notification center of the foreground. Never compiled here.
final class Surroundings: @unchecked Sendable {
    private struct Watch {
        let monitor: NWPathMonitor
        let observers: [any NSObjectProtocol]
    }

    /// By name, because the constants belong to UIKit and AppKit and to the main actor.
    private static let foreground = ["UIApplicationWillEnterForegroundNotification", "NSApplicationDidBecomeActiveNotification"]

    private let watched = Locked<Watch?>(nil)

    /// Begins to tell of a network or a foreground that has come, until `unwatch`.
    func watch(_ hint: @escaping @Sendable () -> Void) {
        let monitor = NWPathMonitor()
        let isFirst = Locked(true)
        monitor.pathUpdateHandler = { path in
            // The first update tells of the network that was there already.
            let wasFirst = isFirst.with { isFirst in
                defer { isFirst = false }
                return isFirst
            }
            if path.status == .satisfied && !wasFirst { hint() }
        }
        let observers = Surroundings.foreground.map { name in
            NotificationCenter.default.addObserver(forName: .init(name), object: nil, queue: nil) { _ in hint() }
        }
        replace(Watch(monitor: monitor, observers: observers))
        monitor.start(queue: DispatchQueue(label: "io.tessera.network"))
    }

    func unwatch() {
        replace(nil)
    }

    private func replace(_ next: Watch?) {
        let before = watched.with { watched in
            defer { watched = next }
            return watched
        }
        before?.monitor.cancel()
        for observer in before?.observers ?? [] { NotificationCenter.default.removeObserver(observer) }
    }

    /// What the environment says is weaker than a property list, and stronger than this.
    private static func detected() -> [Setting] {
        let environment = ProcessInfo.processInfo.environment
        return (environment["TESSERA_DEVICE_DIR"] == nil ? device() : [])
            + (environment["TESSERA_PLATFORM"] == nil ? platform() : [])
    }

    /// A program without an identifier has the library's folder.
    private static func device() -> [Setting] {
        let support = FileManager.default.urls(for: .applicationSupportDirectory, in: .userDomainMask).first
        guard let support, let bundle = Bundle.main.bundleIdentifier else { return [] }
        return [Setting(name: "device_dir", value: deviceFolder(in: support, of: bundle).path)]
    }

    /// The library takes an iPad for an iPhone: its operating system has the same name.
    private static func platform() -> [Setting] {
        #if os(iOS)
        var system = utsname()
        uname(&system)
        let machine = withUnsafeBytes(of: &system.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let model = ProcessInfo.processInfo.environment["SIMULATOR_MODEL_IDENTIFIER"] ?? machine
        if model.hasPrefix("iPad") {
            return [Setting(name: "platform", value: Platform.ipad.rawValue)]
        }
        #endif
        return []
    }
}

#else

/// Other platforms: nothing tells of networks and foregrounds.
final class Surroundings: Sendable {
    func watch(_ hint: @escaping @Sendable () -> Void) {}

    func unwatch() {}

    private static func detected() -> [Setting] { [] }
}

#endif
