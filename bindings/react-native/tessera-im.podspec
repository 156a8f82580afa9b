# The module of iOS, as CocoaPods builds it with the app. In the package it lies at the top, because autolinking looks for it
# there alone. The library is the XCFramework of `cargo xtask package swift`, in `bindings/react-native`, or another one that
# TESSERA_XCFRAMEWORK names at `pod install`: CocoaPods takes none from outside of the package.
require "fileutils"
require "json"

package = JSON.parse(File.read(File.join(__dir__, "package.json")))

binding = "bindings/react-native"
framework = File.join(__dir__, binding, "TesseraUniFFIC.xcframework")
if ENV["TESSERA_XCFRAMEWORK"]
  FileUtils.rm_rf(framework)
  FileUtils.cp_r(ENV["TESSERA_XCFRAMEWORK"], framework)
end
unless File.directory?(framework)
  raise "tessera-im has no TesseraUniFFIC.xcframework: make it on a Mac by `cargo xtask package swift`, and set " \
    "TESSERA_XCFRAMEWORK to its path"
end

Pod::Spec.new do |spec|
  spec.name = "tessera-im"
  spec.version = package["version"]
  spec.summary = package["description"]
  spec.homepage = "https://github.com/tessera-im/tessera"
  spec.license = package["license"]
  spec.author = "The Tessera authors"
  spec.source = { :git => "https://github.com/tessera-im/tessera.git", :tag => "v#{spec.version}" }
  spec.platforms = { :ios => min_ios_version_supported }
  spec.source_files = "#{binding}/ios/**/*.{h,mm}", "#{binding}/cpp/**/*.{h,hpp,cpp}"
  spec.private_header_files = "#{binding}/ios/**/*.h", "#{binding}/cpp/**/*.{h,hpp}"
  spec.vendored_frameworks = "#{binding}/TesseraUniFFIC.xcframework"
  spec.frameworks = "CoreFoundation", "Network", "Security"
  spec.pod_target_xcconfig = {
    "CLANG_CXX_LANGUAGE_STANDARD" => "c++20",
    "HEADER_SEARCH_PATHS" => "\"$(PODS_TARGET_SRCROOT)/#{binding}/cpp\" " \
      "\"$(PODS_TARGET_SRCROOT)/#{binding}/cpp/generated\"",
  }
  install_modules_dependencies(spec)
end
