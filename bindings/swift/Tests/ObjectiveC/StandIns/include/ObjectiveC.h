// In the place of Apple's: declarations alone, nothing is ever run.

#pragma once

#pragma clang assume_nonnull begin

typedef signed char BOOL;
typedef struct objc_selector *SEL;
typedef long NSInteger;
#define nil ((id)0)

@protocol NSObject
@end

__attribute__((objc_root_class)) @interface NSObject <NSObject>
+ (instancetype)alloc;
- (instancetype)init;
@end

#pragma clang assume_nonnull end
