// A second translation unit that uses the header, as every real program has.

#ifndef OTHER_HPP
#define OTHER_HPP

#include <tessera/v2tim.hpp>

V2TIMManager *manager_of_another_unit();

#endif
