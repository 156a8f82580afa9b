// V2TIM's configuration, with every setting of Tessera as a property beside.

/// Told what the SDK logs, on the callback queue: one line, without tickets and keys.
public typealias V2TIMLogListener = (_ logLevel: V2TIMLogLevel, _ logContent: String?) -> Void

/// What V2TIMManager is initialised with. Nothing needs to be set: see `docs/settings.md` for where else. The properties
/// of ``ClientConfig`` are properties of it too.
@dynamicMemberLookup
open class V2TIMSDKConfig {
    private var config = ClientConfig()

    /// Nothing is set.
    public init() {}

    /// The lowest level of what is logged.
    open var logLevel: V2TIMLogLevel {
        get { config.logLevel.map(V2TIMLogLevel.init) ?? .LOG_DEBUG }
        set { config.set("log_level", String(newValue.rawValue)) }
    }

    /// Who is told what is logged; `nil` for nobody.
    open var logListener: V2TIMLogListener?

    /// A property of ``ClientConfig``.
    public subscript<Value>(dynamicMember property: WritableKeyPath<ClientConfig, Value>) -> Value {
        get { config[keyPath: property] }
        set { config[keyPath: property] = newValue }
    }

    /// Sets any setting of `docs/settings.md` by its name, for example `login_timeout_ms`. A name that no setting has makes
    /// init fail.
    public func set(_ name: String, _ value: String) {
        config.set(name, value)
    }

    var settings: ClientConfig {
        var settings = config
        if let logListener {
            let carried = Carried(logListener)
            settings.logListener = { level, text in carried.value(V2TIMLogLevel(level), text) }
        }
        return settings
    }
}
