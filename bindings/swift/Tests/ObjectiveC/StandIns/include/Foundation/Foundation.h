// In the place of Apple's: declarations alone, nothing is ever run.

#pragma once

#include "../ObjectiveC.h"

@interface NSString : NSObject
@end

@interface NSArray<ObjectType> : NSObject
@end
