// The constants of V2TIM under their whole names, as the vendor's Swift package has them. The cases are named as Swift
// imports the vendor's Objective-C: without the prefix.

extension V2TIMLoginStatus {
    /// As ``STATUS_LOGINED``.
    public static var V2TIM_STATUS_LOGINED: V2TIMLoginStatus { .STATUS_LOGINED }

    /// As ``STATUS_LOGINING``.
    public static var V2TIM_STATUS_LOGINING: V2TIMLoginStatus { .STATUS_LOGINING }

    /// As ``STATUS_LOGOUT``.
    public static var V2TIM_STATUS_LOGOUT: V2TIMLoginStatus { .STATUS_LOGOUT }
}

extension V2TIMLogLevel {
    /// As ``LOG_NONE``.
    public static var V2TIM_LOG_NONE: V2TIMLogLevel { .LOG_NONE }

    /// As ``LOG_DEBUG``.
    public static var V2TIM_LOG_DEBUG: V2TIMLogLevel { .LOG_DEBUG }

    /// As ``LOG_INFO``.
    public static var V2TIM_LOG_INFO: V2TIMLogLevel { .LOG_INFO }

    /// As ``LOG_WARN``.
    public static var V2TIM_LOG_WARN: V2TIMLogLevel { .LOG_WARN }

    /// As ``LOG_ERROR``.
    public static var V2TIM_LOG_ERROR: V2TIMLogLevel { .LOG_ERROR }
}
