// swift-tools-version: 6.0
// A package as an app's, but for the path: an app names that of its own checkout (docs/swift.md).

import PackageDescription

let package = Package(
    name: "TesseraSample",
    platforms: [.iOS(.v13), .macOS(.v10_15)],
    dependencies: [
        .package(name: "Tessera", path: "../.."),
    ],
    targets: [
        .executableTarget(
            name: "TesseraSample",
            dependencies: [.product(name: "Tessera", package: "Tessera")],
            path: "Sources",
            // As apps that were written for V2TIM.
            swiftSettings: [.swiftLanguageMode(.v5)]
        ),
    ]
)
