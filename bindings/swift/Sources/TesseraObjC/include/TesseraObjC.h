// V2TIM's names of the types of blocks. Swift gives Objective-C classes, protocols and enumerations, but no such names: code
// that uses them imports this module beside `Tessera`. Nothing of it is for Swift, which has them in `Tessera`.

#ifndef TESSERA_OBJC_H
#define TESSERA_OBJC_H

#if defined(__OBJC__) && !defined(__swift__)

#import <Foundation/Foundation.h>

/// `Tessera` has its constants.
typedef enum V2TIMLogLevel : NSInteger V2TIMLogLevel;

/// A call has succeeded.
typedef void (^V2TIMSucc)(void);

/// A call has failed: the number of `docs/error-codes.md`, and a sentence without tickets.
typedef void (^V2TIMFail)(int code, NSString *_Nullable desc);

/// Told what the SDK logs, on the callback queue: one line, without tickets and keys.
typedef void (^V2TIMLogListener)(V2TIMLogLevel logLevel, NSString *_Nullable logContent);

#endif

#endif
