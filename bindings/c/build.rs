//! Names the shared library, and keeps it loaded: threads of the SDK run code of it.

#[path = "src/generated/abi.rs"]
#[expect(unreachable_pub, reason = "it is the library's public constant")]
mod abi;

fn main() {
    let version = abi::TESSERA_ABI_VERSION;
    let target = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let arguments = match target.as_str() {
        "linux" | "android" => vec![format!("-Wl,-soname,libtessera.so.{version}"), "-Wl,-z,nodelete".into()],
        "macos" => vec![format!("-Wl,-install_name,@rpath/libtessera.{version}.dylib")],
        _ => Vec::new(),
    };
    for argument in arguments {
        println!("cargo:rustc-cdylib-link-arg={argument}");
    }
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/generated/abi.rs");
}
