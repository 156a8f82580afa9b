// The module of iOS; see TesseraIm.mm.
#import <React/RCTInvalidating.h>
#import <TesseraImSpec/TesseraImSpec.h>

@interface TesseraIm : NativeTesseraImSpecBase <NativeTesseraImSpec, RCTInvalidating>
@end
