//! Links the module as Node-API wants it.

fn main() {
    napi_build::setup();
}
