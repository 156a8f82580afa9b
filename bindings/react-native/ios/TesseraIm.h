// The module of iOS; see TesseraIm.mm.
#import <TesseraImSpec/TesseraImSpec.h>

@interface TesseraIm : NSObject <NativeTesseraImSpec>
@end
