// swift-tools-version: 6.0
// The Swift package of Tessera. On Apple platforms the library comes as an XCFramework (`cargo xtask package swift` on a
// Mac makes it); on Linux it is a system library that pkg-config knows (`cargo xtask package swift`).

import PackageDescription

let sources = "bindings/swift/Sources"

#if os(Linux)
let library = Target.systemLibrary(
    name: "TesseraUniFFIC",
    path: "\(sources)/TesseraUniFFIC",
    pkgConfig: "tessera-uniffi"
)
#else
let library = Target.binaryTarget(
    name: "TesseraUniFFIC",
    path: "dist/swift/TesseraUniFFIC.xcframework"
)
#endif

/// What apps link beside: a static library names no framework that it needs.
func frameworks(_ names: String...) -> [LinkerSetting] {
    names.map { .linkedFramework($0, .when(platforms: [.iOS, .macOS])) }
}

let package = Package(
    name: "Tessera",
    platforms: [.iOS(.v13), .macOS(.v10_15)],
    products: [
        .library(name: "Tessera", targets: ["Tessera", "TesseraObjC"]),
    ],
    targets: [
        library,
        // Written by UniFFI: `cargo xtask uniffi`.
        .target(
            name: "TesseraUniFFI",
            dependencies: ["TesseraUniFFIC"],
            path: "\(sources)/TesseraUniFFI",
            swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: frameworks("CoreFoundation", "Security")
        ),
        .target(name: "TesseraAtomics", path: "\(sources)/TesseraAtomics"),
        .target(
            name: "Tessera",
            dependencies: ["TesseraUniFFI", "TesseraUniFFIC", "TesseraAtomics"],
            path: "\(sources)/Tessera",
            linkerSettings: frameworks("Network")
        ),
        .target(name: "TesseraObjC", path: "\(sources)/TesseraObjC"),
        .executableTarget(name: "TesseraDriver", dependencies: ["Tessera"], path: "conformance/drivers/swift"),
        .executableTarget(
            name: "TesseraBench",
            dependencies: ["Tessera", "TesseraUniFFI"],
            path: "bindings/swift/Bench"
        ),
        .testTarget(
            name: "TesseraTests",
            dependencies: ["Tessera", "TesseraUniFFI"],
            path: "bindings/swift/Tests/TesseraTests"
        ),
    ]
)
