# The module of iOS, as CocoaPods builds it with the app. The library is the XCFramework of `cargo xtask package swift`, in
# the folder of this file.
require "json"

package = JSON.parse(File.read(File.join(__dir__, "../../package.json")))

Pod::Spec.new do |spec|
  spec.name = "tessera-im"
  spec.version = package["version"]
  spec.summary = package["description"]
  spec.homepage = "https://github.com/tessera-im/tessera"
  spec.license = package["license"]
  spec.author = "The Tessera authors"
  spec.source = { :git => "https://github.com/tessera-im/tessera.git", :tag => "v#{spec.version}" }
  spec.platforms = { :ios => min_ios_version_supported }
  spec.source_files = "ios/**/*.{h,mm}", "cpp/**/*.{h,hpp,cpp}"
  spec.private_header_files = "ios/**/*.h", "cpp/**/*.{h,hpp}"
  spec.vendored_frameworks = "TesseraUniFFIC.xcframework"
  spec.pod_target_xcconfig = {
    "CLANG_CXX_LANGUAGE_STANDARD" => "c++20",
    "HEADER_SEARCH_PATHS" => "\"$(PODS_TARGET_SRCROOT)/cpp\" \"$(PODS_TARGET_SRCROOT)/cpp/generated\"",
  }
  install_modules_dependencies(spec)
end
