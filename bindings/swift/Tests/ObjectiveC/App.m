// An app written for V2TIM in Objective-C: that it compiles, as Objective-C++ too, is the test.

#import <Foundation/Foundation.h>

#import "Tessera-Swift.h"
#import "TesseraObjC.h"

@interface App : NSObject <V2TIMSDKListener>
@end

@implementation App

- (void)start {
    V2TIMSDKConfig *config = [[V2TIMSDKConfig alloc] init];
    config.logLevel = V2TIM_LOG_INFO;
    V2TIMLogListener log = ^(V2TIMLogLevel logLevel, NSString *logContent) {};
    config.logListener = log;
    [config setSetting:@"server_url" value:@"wss://chat.example.com"];
    [[V2TIMManager sharedInstance] addIMSDKListener:self];
    // Not everybody asks whether it went well.
    [[V2TIMManager sharedInstance] initSDK:1400000001 config:config];
}

- (void)login:(NSString *)userID userSig:(NSString *)userSig {
    if ([[V2TIMManager sharedInstance] getLoginStatus] == V2TIM_STATUS_LOGINED) {
        return;
    }
    V2TIMSucc succ = ^{};
    V2TIMFail fail = ^(int code, NSString *desc) {
        if (code == ERR_USER_SIG_EXPIRED || code == ERR_SVR_ACCOUNT_USERSIG_EXPIRED) {
            [self login:userID userSig:@"a new one"];
        }
    };
    [[V2TIMManager sharedInstance] login:userID userSig:userSig succ:succ fail:fail];
}

- (void)stop {
    [[V2TIMManager sharedInstance] logout:^{
        [[V2TIMManager sharedInstance] removeIMSDKListener:self];
        [[V2TIMManager sharedInstance] unInitSDK];
    } fail:nil];
}

- (void)onConnectFailed:(int)code err:(NSString *)err {
}

- (void)onKickedOffline {
}

- (void)onKickedOfflineEx:(TesseraKick *)kick {
    NSString *reason = kick.reason;
    (void)reason;
}

@end
