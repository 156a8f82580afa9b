// In the place of what UniFFI writes, which needs the whole of Foundation.

public struct Setting {
    public init(name: String, value: String) {}
}
