// A module of a program that keeps its functions to itself: each has its own copies of what is inline in the headers.

#ifndef MODULE_HPP
#define MODULE_HPP

#include <tessera/v2tim.hpp>

extern "C" __attribute__((visibility("default"))) void add_in_module(V2TIMSDKListener *listener);
extern "C" __attribute__((visibility("default"))) void remove_in_module(V2TIMSDKListener *listener);

#endif
